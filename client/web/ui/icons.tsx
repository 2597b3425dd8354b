/** The pages' few icons, drawn on a 20 by 20 grid. They never stand alone: a word or a label says the same. */
import type { ReactNode } from 'react';

export function Icon({ children, size = 18 }: { children: ReactNode; size?: number }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

const drawn = (paths: string) => (props: { size?: number }) => (
  <Icon {...props}>
    <path d={paths} />
  </Icon>
);

export const CheckIcon = drawn('M4 10.5l4 4 8-9');
export const CrossIcon = drawn('M5 5l10 10M15 5L5 15');
export const WarnIcon = drawn('M10 3l8 14H2zM10 8v4M10 14.6v.1');
export const InfoIcon = drawn('M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15zM10 9v5M10 6.2v.1');
export const ClockIcon = drawn('M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15zM10 6v4.2l2.8 1.8');
export const WorkIcon = drawn('M10 3v3M10 14v3M3 10h3M14 10h3M5 5l2 2M13 13l2 2M15 5l-2 2M7 13l-2 2');
export const StopIcon = drawn('M5.5 5.5h9v9h-9z');
export const UploadIcon = drawn('M10 13V3.5M6 7l4-4 4 4M3.5 13v3.5h13V13');
export const DownloadIcon = drawn('M10 3.5V13M6 9l4 4 4-4M3.5 13v3.5h13V13');
export const FileIcon = drawn('M5 2.5h6.5L15 6v11.5H5zM11.5 2.5V6H15');
export const PasteIcon = drawn('M7 4H4.5v13.5h11V4H13M7 2.5h6v3H7z');
export const SunIcon = drawn(
  'M10 6.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM10 1.8v1.8M10 16.4v1.8M1.8 10h1.8M16.4 10h1.8M4.2 4.2l1.3 1.3M14.5 14.5l1.3 1.3M15.8 4.2l-1.3 1.3M5.5 14.5l-1.3 1.3',
);
export const MoonIcon = drawn('M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z');
export const ScreenIcon = drawn('M2.5 4h15v10h-15zM7 17h6M10 14v3');
export const PauseIcon = drawn('M7 5v10M13 5v10');
export const PlayIcon = drawn('M6.5 4.5v11l9-5.5z');
export const GaugeIcon = drawn('M3 14.5a7.5 7.5 0 1 1 14 0M10 12.5l3.2-4.2M10 13.6v.1');
export const BroomIcon = drawn('M16.5 3.5L11 9M8 8l4 4c-.5 3-2 4.5-5 5L3 13c.5-3 2-4.5 5-5zM5.5 15.5l2-2');
export const StoreIcon = drawn(
  'M4 5c0-1.4 2.7-2.5 6-2.5s6 1.1 6 2.5-2.7 2.5-6 2.5S4 6.4 4 5zM4 5v10c0 1.4 2.7 2.5 6 2.5s6-1.1 6-2.5V5M4 10c0 1.4 2.7 2.5 6 2.5s6-1.1 6-2.5',
);
export const ListIcon = drawn('M7 5h10M7 10h10M7 15h10M3.5 5h.1M3.5 10h.1M3.5 15h.1');
export const LiveIcon = drawn(
  'M10 9a1 1 0 1 1 0 2 1 1 0 0 1 0-2zM6.5 13.5a5 5 0 0 1 0-7M13.5 6.5a5 5 0 0 1 0 7M4 16a8.5 8.5 0 0 1 0-12M16 4a8.5 8.5 0 0 1 0 12',
);
export const RepeatIcon = drawn(
  'M16 8a6.5 6.5 0 0 0-11.7-1.5M4 3v3.5h3.5M4 12a6.5 6.5 0 0 0 11.7 1.5M16 17v-3.5h-3.5',
);
export const BackIcon = drawn('M12 4l-6 6 6 6');
export const CopyIcon = drawn('M7 7h10v10H7zM13 7V3H3v10h4');
export const DoorIcon = drawn('M12 4H5v12h7M9 10h8M14 7l3 3-3 3');

/** The jar of the larder. */
export function Logo({ size = 26 }: { size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect x="8" y="3" width="16" height="5" rx="1.5" fill="#1d6b50" />
      <path
        d="M9 10h14l1.6 3.2c.3.6.4 1.2.4 1.8v10a4 4 0 0 1-4 4H11a4 4 0 0 1-4-4V15c0-.6.1-1.2.4-1.8z"
        fill="#2c8a68"
      />
      <path d="M11 17h10v5a3 3 0 0 1-3 3h-4a3 3 0 0 1-3-3z" fill="#f7f5ef" />
    </svg>
  );
}
