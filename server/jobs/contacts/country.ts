// Countries to ISO 3166 alpha-2. Names are known in the languages that contact lists come in, from the platform's own tables.

import type { Cell } from './cell.ts';
import { absent, dictionary, tidy } from './text.ts';

// alpha-2 followed by alpha-3.
const CODES =
  'ADAND AEARE AFAFG AGATG AIAIA ALALB AMARM AOAGO AQATA ARARG ASASM ATAUT AUAUS AWABW AXALA AZAZE ' +
  'BABIH BBBRB BDBGD BEBEL BFBFA BGBGR BHBHR BIBDI BJBEN BLBLM BMBMU BNBRN BOBOL BQBES BRBRA BSBHS ' +
  'BTBTN BVBVT BWBWA BYBLR BZBLZ CACAN CCCCK CDCOD CFCAF CGCOG CHCHE CICIV CKCOK CLCHL CMCMR CNCHN ' +
  'COCOL CRCRI CUCUB CVCPV CWCUW CXCXR CYCYP CZCZE DEDEU DJDJI DKDNK DMDMA DODOM DZDZA ECECU EEEST ' +
  'EGEGY EHESH ERERI ESESP ETETH FIFIN FJFJI FKFLK FMFSM FOFRO FRFRA GAGAB GBGBR GDGRD GEGEO GFGUF ' +
  'GGGGY GHGHA GIGIB GLGRL GMGMB GNGIN GPGLP GQGNQ GRGRC GSSGS GTGTM GUGUM GWGNB GYGUY HKHKG HMHMD ' +
  'HNHND HRHRV HTHTI HUHUN IDIDN IEIRL ILISR IMIMN ININD IOIOT IQIRQ IRIRN ISISL ITITA JEJEY JMJAM ' +
  'JOJOR JPJPN KEKEN KGKGZ KHKHM KIKIR KMCOM KNKNA KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO LBLBN LCLCA ' +
  'LILIE LKLKA LRLBR LSLSO LTLTU LULUX LVLVA LYLBY MAMAR MCMCO MDMDA MEMNE MFMAF MGMDG MHMHL MKMKD ' +
  'MLMLI MMMMR MNMNG MOMAC MPMNP MQMTQ MRMRT MSMSR MTMLT MUMUS MVMDV MWMWI MXMEX MYMYS MZMOZ NANAM ' +
  'NCNCL NENER NFNFK NGNGA NINIC NLNLD NONOR NPNPL NRNRU NUNIU NZNZL OMOMN PAPAN PEPER PFPYF PGPNG ' +
  'PHPHL PKPAK PLPOL PMSPM PNPCN PRPRI PSPSE PTPRT PWPLW PYPRY QAQAT REREU ROROU RSSRB RURUS RWRWA ' +
  'SASAU SBSLB SCSYC SDSDN SESWE SGSGP SHSHN SISVN SJSJM SKSVK SLSLE SMSMR SNSEN SOSOM SRSUR SSSSD ' +
  'STSTP SVSLV SXSXM SYSYR SZSWZ TCTCA TDTCD TFATF TGTGO THTHA TJTJK TKTKL TLTLS TMTKM TNTUN TOTON ' +
  'TRTUR TTTTO TVTUV TWTWN TZTZA UAUKR UGUGA UMUMI USUSA UYURY UZUZB VAVAT VCVCT VEVEN VGVGB VIVIR ' +
  'VNVNM VUVUT WFWLF WSWSM YEYEM YTMYT ZAZAF ZMZMB ZWZWE XKXKX ';

const ALPHA_3 = new Map(
  CODES.trim()
    .split(' ')
    .map((pair) => [pair.slice(2), pair.slice(0, 2)] as const),
);
const ALPHA_2 = new Set(ALPHA_3.values());

const LANGUAGES = [
  'en',
  'de',
  'fr',
  'es',
  'it',
  'nl',
  'pt',
  'pl',
  'sv',
  'da',
  'nb',
  'fi',
  'cs',
  'tr',
  'hr',
  'hu',
  'ro',
  'el',
  'ru',
  'uk',
  'ko',
  'ja',
  'zh',
];

const ALIASES: Record<string, string> = {
  GB: 'uk|great britain|england|scotland|wales|northern ireland|britain|u k|grossbritannien|inglaterra|engeland',
  US: 'united states of america|the united states|america|u s|u s a|estados unidos de america|eeuu|ee uu|etats unis d amerique',
  NL: 'holland|the netherlands|hollande|holanda',
  DE: 'brd|federal republic of germany|bundesrepublik deutschland',
  CZ: 'czech republic|tschechische republik|republique tcheque',
  KR: 'south korea|republic of korea|korea south',
  KP: 'north korea',
  RU: 'russian federation',
  VN: 'viet nam',
  TR: 'turkey|turkei',
  CI: 'ivory coast|cote d ivoire',
  CD: 'dr congo|drc|democratic republic of the congo',
  CG: 'republic of the congo',
  AE: 'uae|u a e|emirates',
  MK: 'macedonia',
  IE: 'republic of ireland|eire',
  CN: 'prc|peoples republic of china|mainland china',
  HK: 'hong kong',
  MO: 'macau|macao',
  TW: 'taiwan roc',
  MM: 'burma',
  SZ: 'swaziland',
  CV: 'cape verde',
  VA: 'vatican|holy see',
  PS: 'palestine',
  BO: 'bolivia',
  VE: 'venezuela',
  SY: 'syria',
  LA: 'laos',
  MD: 'moldova',
  TZ: 'tanzania',
  IR: 'iran',
};
// Said of more than one country; NA is Namibia's code and also "not available".
const AMBIGUOUS = dictionary({
  congo: 'the Congo (CG) or the Democratic Republic of the Congo (CD)',
  korea: 'South Korea (KR) or North Korea (KP)',
  na: 'Namibia or "not available"',
});

const byName = nameTable();

/** The two-letter code of a country written as code, three-letter code or name. */
export function normalizeCountry(raw: string): Cell {
  const draft = tidy(raw);
  const isCodeOfNamibia = /^na$/i.test(draft.text);
  const nothing = isCodeOfNamibia ? null : absent(draft);
  if (nothing) return nothing;
  const meaning = draft.text.length > 2 || isCodeOfNamibia ? AMBIGUOUS.get(fold(draft.text)) : undefined;
  if (meaning) return draft.fail('country_ambiguous', `"${draft.text}" could be ${meaning}`);
  const code = countryCode(draft.text);
  if (code) return draft.change('country_code', code, 'wrote the country as its code').done();
  return draft.fail('country_unknown', `expected a country, got "${draft.text}"`, nearest(fold(draft.text)));
}

const REMEMBERED = 1000;
const remembered = new Map<string, string | null>();

/**
 * ISO 3166 alpha-2 for a code or a name in one of the known languages; null when it is none or more than one.
 * A list names few countries many times, so answers are remembered, up to a limit.
 */
export function countryCode(text: string): string | null {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const code = lookUp(text);
  if (remembered.size >= REMEMBERED) remembered.clear();
  remembered.set(text, code);
  return code;
}

function lookUp(text: string): string | null {
  const upper = text.toUpperCase();
  if (ALPHA_2.has(upper)) return upper;
  return ALPHA_3.get(upper) ?? byName.get(fold(text)) ?? null;
}

/** Whether `code` is an ISO 3166 alpha-2 code, in capitals. */
export function isCountryCode(code: string): boolean {
  return ALPHA_2.has(code);
}

function nameTable(): Map<string, string> {
  const table = new Map<string, string>();
  // English goes last but one and aliases last, so that where two languages disagree they win.
  for (const language of [...LANGUAGES].reverse()) {
    const names = new Intl.DisplayNames([language], { type: 'region', fallback: 'none' });
    for (const code of ALPHA_2) {
      const name = names.of(code);
      if (name) table.set(fold(name), code);
    }
  }
  for (const [code, names] of Object.entries(ALIASES))
    for (const name of names.split('|')) table.set(name, code);
  return table;
}

function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('&', ' and ')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** The country whose name is one letter away, for a suggestion. */
function nearest(name: string): string | undefined {
  if (name.length < 5 || name.length > 40) return undefined;
  for (const [known, code] of byName) if (oneEditApart(name, known)) return code;
  return undefined;
}

/** One letter more, less, other, or two neighbours swapped. */
function oneEditApart(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const restA = a.slice(start, a.length - end);
  const restB = b.slice(start, b.length - end);
  if (restA.length <= 1 && restB.length <= 1) return true;
  return restA.length === 2 && restB.length === 2 && restA[0] === restB[1] && restA[1] === restB[0];
}
