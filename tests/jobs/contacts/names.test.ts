// Names of people and companies.

import { describe, expect, it } from 'vitest';
import { normalizeCompany, normalizeName } from '../../../server/jobs/contacts/index.ts';
import { becomes, refuses, warns } from './table.ts';

describe('a name in one case is recased, with its particles and prefixes', () => {
  becomes((raw) => normalizeName(raw, 'last'), {
    SMITH: 'Smith',
    "O'BRIEN": "O'Brien",
    "d'angelo": "D'Angelo",
    MCDONALD: 'McDonald',
    macdonald: 'MacDonald',
    MACHADO: 'Machado',
    'VAN DER BERG': 'van der Berg',
    'DE LA CRUZ': 'de la Cruz',
    'VON DER HEIDE-MÜLLER': 'von der Heide-Müller',
    'anderson-wright': 'Anderson-Wright',
    VAN: 'Van',
    ÅSTRÖM: 'Åström',
    'smith jr': 'Smith Jr.',
    'SMITH, III': 'Smith III',
    ИВАНОВА: 'Иванова',
  });
});

describe('a name that is right stays as it is', () => {
  becomes((raw) => normalizeName(raw), {
    'DeShawn McAllister': 'DeShawn McAllister',
    'Ludwig van Beethoven': 'Ludwig van Beethoven',
    'J. R. R. Tolkien': 'J. R. R. Tolkien',
    JP: 'Jp',
    J: 'J',
    '山田 太郎': '山田 太郎',
    'محمد علي': 'محمد علي',
    'Robert "Bob" Jones': 'Robert "Bob" Jones',
    'Rhys ap Gwilym': 'Rhys ap Gwilym',
    constructor: 'Constructor',
  });
});

describe('a full name is put in order', () => {
  becomes((raw) => normalizeName(raw, 'full'), {
    'Smith, John': 'John Smith',
    'SMITH, JOHN': 'John Smith',
    'Smith Jr., John': 'John Smith Jr.',
    'Smith, John Jr.': 'John Smith Jr.',
    'John Smith, Jr.': 'John Smith Jr.',
    'dr. jane doe phd': 'Dr. Jane Doe PhD',
    'Jean DUPONT': 'Jean Dupont',
    'constructor Smith': 'Constructor Smith',
  });
  it('says that it was turned around', () => {
    expect(normalizeName('Smith, John')).toMatchObject({ status: 'changed', code: 'name_reordered' });
  });
});

describe('damage is repaired, or pointed out', () => {
  becomes((raw) => normalizeName(raw), {
    '  Ann   Lee ': 'Ann Lee',
    'Ann\u00a0Lee': 'Ann Lee',
    'An\u200bn': 'Ann',
    'O&#39;Hara': "O'Hara",
    'O’Connor': "O'Connor",
    '-': null,
    'N/A': null,
    '???': null,
    '': null,
  });
  warns((raw) => normalizeName(raw), {
    'JosÃ©': ['mojibake', 'José'],
    'Gro?mann': ['lost_letter', 'Gro?mann'],
    'Ann\ud800': ['lost_letter', 'Ann\ufffd'],
    Null: ['placeholder_doubtful', 'Null'],
    'John3 Smith': ['name_digits', 'John3 Smith'],
    'Anna 🌸': ['name_symbols', 'Anna 🌸'],
    'Acme Widgets Inc.': ['name_is_company', 'Acme Widgets Inc.'],
  });
  refuses((raw) => normalizeName(raw), {
    'ann@example.com': ['name_is_email'],
    '12345': ['name_no_letters'],
    [`${'long '.repeat(200)}name`]: ['too_long'],
  });
});

describe('a company gets its case and the usual spelling of its legal form', () => {
  becomes(normalizeCompany, {
    'ACME WIDGETS INC': 'Acme Widgets Inc.',
    'acme inc': 'Acme Inc.',
    'Acme, inc': 'Acme, Inc.',
    'Brown & Sons LTD.': 'Brown & Sons Ltd',
    'muster g.m.b.h.': 'Muster GmbH',
    'WEBER & SÖHNE GMBH & CO. KG': 'Weber & Söhne GmbH & Co. KG',
    'Rossi SPA': 'Rossi S.p.A.',
    'Berg b.v.': 'Berg B.V.',
    'Kowalski sp. z o.o.': 'Kowalski Sp. z o.o.',
    'Wilson pty ltd': 'Wilson Pty Ltd',
    IBM: 'IBM',
    '3M': '3M',
    eBay: 'eBay',
    'Fish &amp; Chips': 'Fish & Chips',
    'n/a': null,
  });
  refuses(normalizeCompany, {
    '!!!': ['company_no_letters'],
    'info@example.com': ['company_is_email'],
  });
});
