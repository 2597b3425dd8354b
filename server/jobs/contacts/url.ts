// Web addresses. Host and scheme are normalised by the URL standard; path, query and fragment are left as they are.

import { parse as parseDomain } from 'tldts';
import type { Cell, Draft } from './cell.ts';
import { absent, LONGEST_URL, tidy } from './text.ts';

export interface UrlOptions {
  /** Take off utm_*, gclid, fbclid and the like. Off unless asked. */
  stripTracking?: boolean;
}

const TRACKING = /^(?:utm_\w+|gclid|fbclid|msclkid|dclid|yclid|mc_[ce]id|igshid|_hsenc|_hsmi)$/i;

/** An absolute http(s) URL; https is assumed, and said, where no scheme is written. */
export function normalizeUrl(raw: string, options: UrlOptions = {}): Cell {
  const draft = tidy(raw);
  const nothing = absent(draft, LONGEST_URL);
  if (nothing) return nothing;
  draft.change(
    'url_formatted',
    draft.text.replace(/^[<("'[]+|[>)"'\]]+$|[,;]+$/g, '').trim(),
    'took off what surrounds it',
  );
  const refusal = refuse(draft);
  if (refusal) return refusal;
  const written = hasScheme(draft.text);
  if (!/\p{L}/u.test(draft.text)) return draft.fail('url_invalid', `expected a URL, got "${draft.text}"`);
  repairScheme(draft);
  const url = parseUrl(draft.text);
  if (!url)
    return draft.fail('url_invalid', `expected a URL such as https://example.com, got "${draft.text}"`);
  return checkHost(draft, url, written) ?? finish(draft, url, options);
}

function hasScheme(text: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/?\//i.test(text) || /^www\./i.test(text);
}

function refuse(draft: Draft): Cell | null {
  const text = draft.text;
  if (/^(?:mailto:)?[^\s@/:]+@[^\s@/]+\.[^\s@/]+$/i.test(text)) {
    return draft.fail('url_is_email', `expected a URL, got the e-mail address "${text}"`);
  }
  if (/^@[\w.]+$/.test(text))
    return draft.fail('url_is_handle', `expected a URL, got the user name "${text}"`);
  if (text.split(/[\s,;|]+/).filter((part) => /^(?:https?:\/\/|www\.)\S/i.test(part)).length > 1) {
    return draft.fail('url_multiple', 'expected one URL, got several');
  }
  const scheme = /^([a-z][a-z\d+.-]*):(?!\d)/i.exec(text)?.[1]?.toLowerCase();
  if (scheme && !BROKEN_SCHEME.test(`${scheme}:`) && !scheme.includes('.')) {
    return draft.fail('url_scheme_unsupported', `expected http or https, got "${scheme}:"`);
  }
  return null;
}

// http:/x, http//x, htp://x, hhttp://x, ttps://x, https://https://x and the like.
const BROKEN_SCHEME = /^(?:h{1,2}t{1,3}ps?|t{1,2}ps?)(?:[:;]\/*|\/\/+)(?:https?:\/+)?/i;

function repairScheme(draft: Draft): void {
  const text = draft.text
    .replace(/\\/g, '/')
    .replace(BROKEN_SCHEME, (scheme) => (/ps/i.test(scheme) ? 'https://' : 'http://'));
  draft.change('url_scheme_fixed', text, 'repaired the beginning of the URL');
  if (text.startsWith('//')) draft.change('url_scheme_added', `https:${text}`, 'added https:');
  else if (!/^https?:\/\//i.test(text)) draft.change('url_scheme_added', `https://${text}`, 'added https://');
}

function parseUrl(text: string): URL | null {
  if (/\s/.test(text)) return null;
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

function checkHost(draft: Draft, url: URL, schemeWritten: boolean): Cell | null {
  const { hostname, isIp, isIcann, publicSuffix } = parseDomain(url.hostname);
  if (isIp) {
    draft.warn('url_ip', 'the host is an IP address');
    return null;
  }
  const name = hostname ?? '';
  const labels = name.split('.');
  if (labels.length < 2 || labels.some((label) => !/^[a-z\d_](?:[a-z\d_-]*[a-z\d_])?$/i.test(label))) {
    return draft.fail('url_invalid', `expected a host such as example.com, got "${url.hostname}"`);
  }
  if (isIcann) return null;
  if (!schemeWritten) return draft.fail('url_invalid', `"${url.hostname}" ends in no known top-level domain`);
  draft.warn('url_unknown_tld', `.${publicSuffix} is not a known top-level domain`);
  return null;
}

function finish(draft: Draft, url: URL, options: UrlOptions): Cell {
  if (url.username !== '' || url.password !== '')
    draft.warn('url_credentials', 'the URL holds a user name or password');
  draft.change('url_formatted', withoutRootSlash(url.href), 'wrote scheme and host in the usual form');
  if (options.stripTracking)
    draft.change('url_tracking', withoutTracking(url), 'took off tracking parameters');
  return draft.done();
}

function withoutTracking(url: URL): string {
  if (url.search === '') return withoutRootSlash(url.href);
  const kept = url.search
    .slice(1)
    .split('&')
    .filter((pair) => !TRACKING.test(pair.split('=')[0] as string));
  const clean = new URL(url.href);
  clean.search = kept.join('&');
  return withoutRootSlash(clean.href);
}

function withoutRootSlash(href: string): string {
  return href.replace(/^(https?:\/\/[^/?#]+)\/(?=$)/, '$1');
}
