/** What a file cannot say of itself: whose phone numbers and dates these are. */

export interface Options extends Record<string, unknown> {
  defaultCountry?: string;
  dateOrder?: 'dmy' | 'mdy';
}

const COUNTRIES = [
  'AT',
  'AU',
  'BE',
  'BR',
  'CA',
  'CH',
  'DE',
  'DK',
  'ES',
  'FI',
  'FR',
  'GB',
  'IE',
  'IN',
  'IT',
  'JP',
  'MX',
  'NL',
  'NO',
  'NZ',
  'PL',
  'PT',
  'SE',
  'US',
  'ZA',
];
const countryNames = new Intl.DisplayNames(undefined, { type: 'region' });

interface FileOptionsProps {
  options: Options;
  change: (options: Options) => void;
  disabled: boolean;
}

export function FileOptions({ options, change, disabled }: FileOptionsProps) {
  return (
    <fieldset className="plain option-row" disabled={disabled}>
      <legend className="small dimmed">Where the file does not say it itself</legend>
      <label>
        <span>Country of phone numbers and postal codes</span>
        <select
          className="select"
          value={options.defaultCountry ?? ''}
          onChange={(event) => change({ ...options, defaultCountry: event.target.value || undefined })}
        >
          <option value="">Do not assume one</option>
          {COUNTRIES.map((code) => (
            <option key={code} value={code}>
              {countryNames.of(code)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>Dates such as 03/04/2024</span>
        <select
          className="select"
          value={options.dateOrder ?? ''}
          onChange={(event) => change({ ...options, dateOrder: orderOf(event.target.value) })}
        >
          <option value="">Find out from the file</option>
          <option value="dmy">Day first: 3 April</option>
          <option value="mdy">Month first: 4 March</option>
        </select>
      </label>
    </fieldset>
  );
}

const orderOf = (value: string) => (value === 'dmy' || value === 'mdy' ? value : undefined);
