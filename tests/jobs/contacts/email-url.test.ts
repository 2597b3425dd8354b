// E-mail addresses and URLs.

import { describe, expect, it } from 'vitest';
import { canonicalEmail, normalizeEmail, normalizeUrl } from '../../../server/jobs/contacts/index.ts';
import { becomes, refuses, warns } from './table.ts';

describe('an e-mail address is taken out of what surrounds it, and only its domain is lower-cased', () => {
  becomes(normalizeEmail, {
    'ann@example.com': 'ann@example.com',
    ' Ann@Example.COM ': 'Ann@example.com',
    'mailto:ann@example.com?subject=Hi': 'ann@example.com',
    'Ann Lee <ann@example.com>': 'ann@example.com',
    '"ann@example.com"': 'ann@example.com',
    'ann@example.com;': 'ann@example.com',
    'E-Mail: ann@example.com': 'ann@example.com',
    'ann @ example.com': 'ann@example.com',
    'ann@exa\u200bmple.com': 'ann@example.com',
    'ann＠example.com': 'ann@example.com',
    'ann@münchen.de': 'ann@xn--mnchen-3ya.de',
    "o'hara+news@sub.example.co.uk": "o'hara+news@sub.example.co.uk",
    none: null,
    '': null,
  });
});

describe('a likely typing error is suggested, never corrected', () => {
  warns(normalizeEmail, {
    'ann@gmial.com': ['email_typo', 'ann@gmial.com'],
    'ann@gmail.con': ['email_typo', 'ann@gmail.con'],
    'ann@example.con': ['email_unknown_tld', 'ann@example.con'],
    'óscar@example.com': ['email_non_ascii', 'óscar@example.com'],
  });
  it.each([
    ['ann@gmial.com', 'ann@gmail.com'],
    ['ann@example.con', 'ann@example.com'],
  ])('%s: meant was probably %s', (raw, suggestion) => {
    expect(normalizeEmail(raw).suggestion).toBe(suggestion);
  });
});

describe('what is no single address is refused', () => {
  refuses(normalizeEmail, {
    'ann@example,com': ['email_invalid', 'ann@example.com'],
    'ann@example..com': ['email_invalid', 'ann@example.com'],
    'ann@@example.com': ['email_invalid'],
    'ann lee@example.com': ['email_invalid'],
    'ann@example': ['email_invalid'],
    '@example.com': ['email_invalid'],
    'ann@': ['email_invalid'],
    ann: ['email_invalid'],
    'ann@example.com, bob@example.com': ['email_multiple', 'ann@example.com'],
    'ann at example dot com': ['email_obfuscated', 'ann@example.com'],
    'ann[at]example.com': ['email_obfuscated', 'ann@example.com'],
    [`${'a'.repeat(600)}@example.com`]: ['too_long'],
  });
});

describe('the canonical form', () => {
  it.each([
    ['Ann.Lee+news@GoogleMail.com', 'annlee@gmail.com'],
    ['Ann+x@outlook.com', 'ann@outlook.com'],
    ['Ann.Lee+x@Example.com', 'ann.lee+x@example.com'],
    ['+x@gmail.com', '+x@gmail.com'],
  ])('of %s is %s', (address, canonical) => {
    expect(canonicalEmail(address)).toBe(canonical);
  });
});

describe('a URL gets its scheme and the usual form of its host, and keeps the rest', () => {
  becomes((raw) => normalizeUrl(raw), {
    'example.com': 'https://example.com',
    'www.example.com': 'https://www.example.com',
    'HTTP://Example.COM/': 'http://example.com',
    'https://example.com/Path/?B=2&a=1#Top': 'https://example.com/Path/?B=2&a=1#Top',
    'https://example.com/?utm_source=x': 'https://example.com/?utm_source=x',
    'https://example.com:443/a': 'https://example.com/a',
    'example.com:8080/a': 'https://example.com:8080/a',
    'http:example.com': 'http://example.com',
    'https:/example.com': 'https://example.com',
    'https//example.com': 'https://example.com',
    'htp://example.com': 'http://example.com',
    'https://https://example.com': 'https://example.com',
    'http://example.com\\a': 'http://example.com/a',
    '//example.com': 'https://example.com',
    '<https://example.com>': 'https://example.com',
    'bücher.de': 'https://xn--bcher-kva.de',
    'n/a': null,
  });
  it('loses tracking parameters only when asked', () => {
    const raw = 'https://example.com/a?utm_source=x&id=3&fbclid=y';
    expect(normalizeUrl(raw, { stripTracking: true })).toMatchObject({
      value: 'https://example.com/a?id=3',
      code: 'url_tracking',
    });
  });
  warns((raw) => normalizeUrl(raw), {
    'https://example.invalidtld': ['url_unknown_tld', 'https://example.invalidtld'],
    'https://user:secret@example.com': ['url_credentials', 'https://user:secret@example.com'],
    'http://10.0.0.1/a': ['url_ip', 'http://10.0.0.1/a'],
  });
  refuses((raw) => normalizeUrl(raw), {
    'javascript:alert(1)': ['url_scheme_unsupported'],
    'data:text/html,hi': ['url_scheme_unsupported'],
    'ftp://example.com': ['url_scheme_unsupported'],
    'file:///etc/passwd': ['url_scheme_unsupported'],
    'ann@example.com': ['url_is_email'],
    '@ann': ['url_is_handle'],
    'not a site': ['url_invalid'],
    localhost: ['url_invalid'],
    '12': ['url_invalid'],
    'https://': ['url_invalid'],
    'https://a.example.com https://b.example.com': ['url_multiple'],
  });
});
