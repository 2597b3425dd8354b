// States and provinces. Where the country has official codes that everybody uses (US, CA, AU) they are written as code;
// elsewhere the text is only tidied. Without a country nothing is coded: CA, WA and others mean different places.

import { type Cell, type Draft, settle } from './cell.ts';
import { recasePlace } from './place.ts';
import { absent, dictionary, tidy } from './text.ts';

const STATES: Record<string, ReadonlyMap<string, string>> = {
  US: parseTable(
    'AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|DC District of Columbia|FL Florida|' +
      'GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|' +
      'MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|' +
      'NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|' +
      'RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|' +
      'WV West Virginia|WI Wisconsin|WY Wyoming|PR Puerto Rico|GU Guam|VI Virgin Islands|AS American Samoa|MP Northern Mariana Islands|' +
      'AA Armed Forces Americas|AE Armed Forces Europe|AP Armed Forces Pacific',
  ),
  CA: parseTable(
    'AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|NS Nova Scotia|NT Northwest Territories|' +
      'NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec|SK Saskatchewan|YT Yukon',
  ),
  AU: parseTable(
    'NSW New South Wales|VIC Victoria|QLD Queensland|WA Western Australia|SA South Australia|TAS Tasmania|' +
      'ACT Australian Capital Territory|NT Northern Territory',
  ),
};

// The older abbreviations that people still write; keys without dots and blanks.
const ABBREVIATIONS: Record<string, ReadonlyMap<string, string>> = {
  US: new Map(
    (
      'ala:AL ariz:AZ ark:AR calif:CA cal:CA colo:CO conn:CT del:DE fla:FL ill:IL ind:IN kan:KS mass:MA mich:MI minn:MN miss:MS mont:MT ' +
      'neb:NE nebr:NE nev:NV okla:OK ore:OR oreg:OR penn:PA penna:PA tenn:TN tex:TX wash:WA wis:WI wisc:WI wyo:WY wva:WV washdc:DC washingtondc:DC'
    )
      .split(' ')
      .map((pair) => pair.split(':') as [string, string]),
  ),
  CA: dictionary({
    ont: 'ON',
    que: 'QC',
    pq: 'QC',
    alta: 'AB',
    man: 'MB',
    sask: 'SK',
    nfld: 'NL',
    newfoundland: 'NL',
    pei: 'PE',
    yukonterritory: 'YT',
  }),
  AU: dictionary({ vict: 'VIC', tassie: 'TAS' }),
};

/** The state as its code where the country has such codes, else the tidied text. */
export function normalizeState(raw: string, country: string | null = null): Cell {
  return settle(raw, (text) => normalizeOnce(text, country));
}

function normalizeOnce(raw: string, country: string | null): Cell {
  const draft = tidy(raw);
  const nothing = absent(draft);
  if (nothing) return nothing;
  if (country === null || !(country in STATES)) return withoutCodes(draft);
  const code = stateCode(draft.text, country);
  if (code) return draft.change('state_code', code, `wrote the state as its code`).done();
  const elsewhere = Object.keys(STATES).find((other) => other !== country && stateCode(draft.text, other));
  if (elsewhere) {
    return draft.fail(
      'state_other_country',
      `"${draft.text}" is in ${elsewhere}, but the row's country is ${country}`,
    );
  }
  return draft.fail('state_unknown', `expected a state of ${country}, got "${draft.text}"`);
}

/** The code of a state given as code, name or usual abbreviation; null when the country has none like it. */
export function stateCode(text: string, country: string): string | null {
  const key = fold(text);
  return STATES[country]?.get(key) ?? ABBREVIATIONS[country]?.get(key) ?? null;
}

function withoutCodes(draft: Draft): Cell {
  if (/^[a-z]{2,3}$/.test(draft.text))
    return draft.change('recased', draft.text.toUpperCase(), 'wrote the code in capitals').done();
  if (/^[A-Z]{2,3}$/.test(draft.text)) return draft.done();
  return recasePlace(draft).done();
}

function parseTable(text: string): ReadonlyMap<string, string> {
  const entries = text.split('|').flatMap((line) => {
    const [code, ...name] = line.split(' ') as [string, ...string[]];
    return [
      [fold(code), code],
      [fold(name.join('')), code],
    ] as [string, string][];
  });
  return new Map(entries);
}

function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z]/g, '');
}
