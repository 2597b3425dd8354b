/** Light, dark, or as the system has it. */
import { type MantineColorScheme, useMantineColorScheme } from '@mantine/core';
import { MoonIcon, ScreenIcon, SunIcon } from '../ui/icons.tsx';

const SCHEMES = [
  { value: 'light', label: 'Light', Icon: SunIcon },
  { value: 'dark', label: 'Dark', Icon: MoonIcon },
  { value: 'auto', label: 'As the system', Icon: ScreenIcon },
] satisfies { value: MantineColorScheme; label: string; Icon: typeof SunIcon }[];

export function ThemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <fieldset className="switch3">
      <legend className="hidden-visually">Colours</legend>
      {SCHEMES.map(({ value, label, Icon }) => (
        <label key={value} title={label}>
          <input
            type="radio"
            name="colour-scheme"
            checked={colorScheme === value}
            onChange={() => setColorScheme(value)}
          />
          <Icon size={16} />
          <span className="hidden-visually">{label}</span>
        </label>
      ))}
    </fieldset>
  );
}
