/** How the audit's rows are said. */
import { CheckIcon, ClockIcon, CrossIcon, StopIcon } from '../ui/icons.tsx';
import { Pill, type Tone } from '../ui/states.tsx';
import type { AuditResult, AuditRow } from './audit-results.ts';

const RESULTS: Record<AuditResult, { word: string; tone: Tone; Icon: typeof CheckIcon }> = {
  ok: { word: 'Done', tone: 'ok', Icon: CheckIcon },
  failed: { word: 'Failed', tone: 'bad', Icon: CrossIcon },
  refused: { word: 'Refused', tone: 'warn', Icon: StopIcon },
  running: { word: 'Running', tone: 'info', Icon: ClockIcon },
};

export const resultWord = (result: AuditResult) => RESULTS[result].word;

export function ResultPill({ result }: { result: AuditResult }) {
  const { word, tone, Icon } = RESULTS[result];
  return (
    <Pill tone={tone} icon={<Icon size={13} />}>
      {word}
    </Pill>
  );
}

export const whoOf = ({ username }: AuditRow) => username ?? 'account removed';

/** As it was sent, on one line; empty where nothing was. */
export const inputText = ({ input }: AuditRow) => (input === null ? '' : JSON.stringify(input));

/** The same for people: of what is sealed (a preview's token, a key that names a person) the beginning says enough. */
export const inputShown = (row: AuditRow) => inputText(row).replace(/"sealed\.[\w-]{20,}"/g, '"sealed.…"');
