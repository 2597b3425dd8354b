// Phone numbers.

import { describe, expect, it } from 'vitest';
import { normalizePhone } from '../../../server/jobs/contacts/index.ts';
import { becomes, refuses, warns } from './table.ts';

const american = (raw: string) =>
  normalizePhone(raw, { country: 'US', countrySource: 'the default country' });
const german = (raw: string) => normalizePhone(raw, { country: 'DE' });
const nowhere = (raw: string) => normalizePhone(raw);

describe('a number is written as E.164', () => {
  becomes(american, {
    '(212) 555-0147': '+12125550147',
    '212.555.0147': '+12125550147',
    '1 212 555 0147': '+12125550147',
    '+1 212 555 0147': '+12125550147',
    '+44 20 7946 0958': '+442079460958',
    '0044 20 7946 0958': '+442079460958',
    '2125550147.0': '+12125550147',
    "'+12125550147": '+12125550147',
    'Tel.: 212-555-0147': '+12125550147',
    'tel:+12125550147': '+12125550147',
    '212–555–0147': '+12125550147',
    '212-555-0147,': '+12125550147',
    '212-555-0147 ext. 55': '+12125550147;ext=55',
    '212-555-0147x55': '+12125550147;ext=55',
    '212-555-0147 #9': '+12125550147;ext=9',
    '+12125550147;ext=55': '+12125550147;ext=55',
    unknown: null,
  });
  becomes(german, {
    '030 23125012': '+493023125012',
    '030/23125-012': '+493023125012',
    '+49 (0)30 23125012': '+493023125012',
    '+39 (0)6 69821234': '+390669821234',
    '030 23125012 Durchwahl 7': '+493023125012;ext=7',
  });
});

describe('the country is never guessed', () => {
  refuses(nowhere, {
    '212 555 0147': ['phone_no_country'],
    '49 30 23125012': ['phone_no_country', '+493023125012'],
    '1-800-356-9377': ['phone_no_country', '+18003569377'],
  });
  it('says which country was added, and why', () => {
    expect(american('212 555 0147')).toMatchObject({
      code: 'phone_country',
      message: 'added +1 for US (the default country)',
    });
  });
});

describe('letters are spelled out by the keypad, with a warning', () => {
  warns(american, {
    '1-800-FLOWERS': ['phone_vanity', '+18003569377'],
    '1-800-MY-APPLE': ['phone_vanity', '+18006927753'],
    '1-800-CONTACTS': ['phone_vanity', '+18002668228'],
  });
});

describe('what cannot be a number is refused', () => {
  refuses(american, {
    '555-0100': ['phone_too_short'],
    '123-456-7890': ['phone_invalid'],
    '0000000000': ['phone_invalid'],
    '77555501866': ['phone_too_long'],
    '2.12555E+09': ['phone_rounded'],
    '212-555-0101 / 212-555-0102': ['phone_multiple'],
    'call me': ['phone_not_a_number'],
    '212-555-019O': ['phone_not_a_number'],
  });
});
