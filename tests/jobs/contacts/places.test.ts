// Streets, cities, states, postal codes, countries.

import { describe, expect, it } from 'vitest';
import {
  normalizeAddress,
  normalizeCity,
  normalizeCountry,
  normalizePostalCode,
  normalizeState,
  normalizeStreet,
} from '../../../server/jobs/contacts/index.ts';
import { becomes, refuses, warns } from './table.ts';

describe('a street keeps its words', () => {
  becomes(normalizeStreet, {
    '12 Main St': '12 Main St',
    '1600 PENNSYLVANIA AVE NW': '1600 Pennsylvania Ave NW',
    '101 N 5TH ST APT 4B': '101 N 5th St Apt 4B',
    'PO BOX 123': 'PO Box 123',
    '12 RUE DE LA PAIX': '12 Rue de la Paix',
    'am markt 3a': 'Am Markt 3A',
    '12 Main St , , Unit 6,': '12 Main St, Unit 6',
    'n/a': null,
  });
  it('in several lines becomes one line', () => {
    expect(normalizeAddress('12 Main St\r\nSpringfield')).toMatchObject({
      raw: '12 Main St\r\nSpringfield',
      value: '12 Main St, Springfield',
      status: 'changed',
    });
  });
  refuses(normalizeStreet, { 'ann@example.com': ['address_is_email'] });
});

describe('a city is recased, and digits in it are doubted', () => {
  becomes(normalizeCity, {
    'NEW YORK': 'New York',
    'st. louis': 'St. Louis',
    'FRANKFURT AM MAIN': 'Frankfurt am Main',
    'STRATFORD-UPON-AVON': 'Stratford-upon-Avon',
    "L'AQUILA": "L'Aquila",
    'RIO DE JANEIRO': 'Rio de Janeiro',
    'Dublin 4': 'Dublin 4',
    NYC: 'NYC',
    東京: '東京',
  });
  warns(normalizeCity, {
    '10115 Berlin': ['city_has_postal_code', '10115 Berlin'],
    Berlin7: ['city_digits', 'Berlin7'],
  });
});

describe('a state becomes its code where the country has such codes', () => {
  becomes((raw) => normalizeState(raw, 'US'), {
    California: 'CA',
    'calif.': 'CA',
    ca: 'CA',
    'N.Y.': 'NY',
    'new  york': 'NY',
  });
  becomes((raw) => normalizeState(raw, 'CA'), { Québec: 'QC', 'b.c.': 'BC', Ont: 'ON' });
  becomes((raw) => normalizeState(raw, 'DE'), {
    BAYERN: 'Bayern',
    'Nordrhein-Westfalen': 'Nordrhein-Westfalen',
  });
  becomes((raw) => normalizeState(raw, null), { CA: 'CA', California: 'California' });
  refuses((raw) => normalizeState(raw, 'US'), {
    Ontario: ['state_other_country'],
    Atlantis: ['state_unknown'],
    Constructor: ['state_unknown'],
  });
});

describe('a postal code is written as its country does', () => {
  const code = (country: string, state?: string) => (raw: string) =>
    normalizePostalCode(raw, { country, state });
  becomes(code('US'), {
    '94105': '94105',
    '941051234': '94105-1234',
    '94105-1234': '94105-1234',
    '94105.0': '94105',
  });
  becomes(code('US', 'Massachusetts'), { '2139': '02139' });
  becomes(code('CA'), { m5h1a1: 'M5H 1A1', 'M5H-1A1': 'M5H 1A1' });
  becomes(code('GB'), { sw1a1aa: 'SW1A 1AA', 'M1 1AE': 'M1 1AE' });
  becomes(code('NL'), { '1012lg': '1012 LG' });
  becomes(code('DE'), { 'D-10115': '10115', '10 115': '10115' });
  becomes(code('PL'), { '00496': '00-496' });
  becomes(code('BR'), { '01310100': '01310-100' });
  becomes(code('JP'), { '1000001': '100-0001' });
  becomes(code('SE'), { '11151': '111 51' });
  becomes((raw) => normalizePostalCode(raw), { '1010': '1010', 'sw1a 1aa': 'SW1A 1AA' });
  warns(code('US'), { '2139': ['postal_zero', '02139'] });
  warns(code('US', 'FL'), { '90210': ['postal_state_mismatch', '90210'] });
  warns(code('DE'), { '1067': ['postal_zero', '01067'] });
  refuses(code('US', 'TX'), { '2139': ['postal_invalid'], ABCDE: ['postal_invalid'] });
  refuses(code('CA'), { 'K1A OB1': ['postal_invalid', 'K1A 0B1'] });
  refuses(code('DE'), { '506677': ['postal_invalid'] });
});

describe('a country becomes its two-letter code', () => {
  becomes(normalizeCountry, {
    USA: 'US',
    'U.S.A.': 'US',
    'United States of America': 'US',
    Deutschland: 'DE',
    deu: 'DE',
    Österreich: 'AT',
    'Côte d’Ivoire': 'CI',
    UK: 'GB',
    Holland: 'NL',
    日本: 'JP',
    ES: 'ES',
    'n/a': null,
  });
  refuses(normalizeCountry, {
    Congo: ['country_ambiguous'],
    Korea: ['country_ambiguous'],
    NA: ['country_ambiguous'],
    Germny: ['country_unknown', 'DE'],
    Atlantis: ['country_unknown'],
    Constructor: ['country_unknown'],
  });
});
