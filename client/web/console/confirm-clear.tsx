/** The question before a clear. It weighs what the clear weighs: a button, a box to tick, or a word to type. */
import { Button, Checkbox, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Dialog } from '../ui/dialog.tsx';
import { plural } from '../ui/format.ts';
import type { Preview } from './clear-page.tsx';
import { EVERYTHING } from './pattern-form.tsx';

const MANY = 1_000;
const WORD = 'everything';

type Weight = 'light' | 'heavy' | 'everything';

interface ConfirmClearProps {
  open: boolean;
  preview: Preview;
  pattern: string;
  busy: boolean;
  cancel: () => void;
  confirm: () => void;
}

export function ConfirmClear(props: ConfirmClearProps) {
  const { open, cancel, preview, pattern } = props;
  const entries = `${preview.exact ? '' : 'about '}${plural(preview.matched, 'entry', 'entries')}`;
  const title = pattern === EVERYTHING ? `Delete everything, ${entries}?` : `Delete ${entries}?`;
  return (
    <Dialog open={open} title={title} close={cancel}>
      <p>
        {pattern === EVERYTHING ? null : (
          <>
            All that match <code>{pattern}</code>.{' '}
          </>
        )}
        The next read of each waits for the database. This cannot be undone, and loses no data.
      </p>
      <Question {...props} entries={entries} />
    </Dialog>
  );
}

function Question({
  preview,
  pattern,
  busy,
  cancel,
  confirm,
  entries,
}: ConfirmClearProps & { entries: string }) {
  const weight = weightOf(preview, pattern);
  const [agreed, setAgreed] = useState(weight === 'light');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (agreed) confirm();
      }}
    >
      {weight === 'heavy' ? (
        <Checkbox
          label={`I mean all ${entries}, in ${plural(preview.byNamespace.length, 'namespace')}`}
          onChange={(event) => setAgreed(event.currentTarget.checked)}
        />
      ) : null}
      {weight === 'everything' ? (
        <TextInput
          label={`Type “${WORD}” to go on`}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setAgreed(event.currentTarget.value === WORD)}
        />
      ) : null}
      <div className="dialog-actions">
        <Button variant="default" onClick={cancel} data-autofocus>
          Cancel
        </Button>
        <Button type="submit" color="red" disabled={!agreed} loading={busy}>
          {`Delete ${entries}`}
        </Button>
      </div>
    </form>
  );
}

function weightOf(preview: Preview, pattern: string): Weight {
  if (pattern === EVERYTHING) return 'everything';
  return preview.matched >= MANY || preview.byNamespace.length > 1 || !preview.exact ? 'heavy' : 'light';
}
