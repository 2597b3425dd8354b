/** Says how the numbers on a page are kept current. */
import { LiveIcon, PauseIcon, RepeatIcon, WarnIcon } from './icons.tsx';
import { Pill } from './states.tsx';

/** `live`: the server sends; `polling`: the page asks; `connecting`: neither yet; `lost`: both fail; `paused`: by choice. */
export type LinkState = 'live' | 'polling' | 'connecting' | 'lost' | 'paused';

export function LiveMark({ state, detail }: { state: LinkState; detail?: string }) {
  const more = detail ? ` ${detail}` : '';
  if (state === 'live') return <Pill tone="ok" icon={<LiveIcon size={14} />}>{`Live${more}`}</Pill>;
  if (state === 'paused') return <Pill tone="warn" icon={<PauseIcon size={14} />}>{`Paused${more}`}</Pill>;
  if (state === 'lost') return <Pill tone="bad" icon={<WarnIcon size={14} />}>{`Reconnecting${more}`}</Pill>;
  const word = state === 'polling' ? 'Asking every second' : 'Connecting';
  return <Pill tone="quiet" icon={<RepeatIcon size={14} />}>{`${word}${more}`}</Pill>;
}
