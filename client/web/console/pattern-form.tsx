/** Asks for a pattern of keys, or for everything. */
import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';

/** The pattern that every key matches. */
export const EVERYTHING = '*';

interface PatternFormProps {
  pattern: string | undefined;
  /** What the button says. */
  submit: string;
  ask: (pattern: string) => void;
}

export function PatternForm({ pattern, submit, ask }: PatternFormProps) {
  const [typed, setTyped] = useState(pattern ?? '');
  return (
    <form
      className="card card-pad pattern-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim()) ask(typed.trim());
      }}
    >
      <TextInput
        label="Pattern"
        description="* stands for any characters, ? for one, [ab] for either. The prefix is added for you."
        placeholder="user:*"
        value={typed}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <div className="actions">
        <Button type="submit" disabled={typed.trim() === ''}>
          {submit}
        </Button>
        <Button variant="default" onClick={() => ask(EVERYTHING)}>
          Everything
        </Button>
      </div>
    </form>
  );
}
