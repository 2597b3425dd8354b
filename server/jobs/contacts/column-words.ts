// What a column's name says about its type. Rules are tried in order; the first that fits wins.

export const COLUMN_TYPES = [
  'first_name',
  'last_name',
  'full_name',
  'email',
  'phone',
  'url',
  'date',
  'street',
  'address',
  'city',
  'state',
  'postal_code',
  'country',
  'company',
  'text',
] as const;

export type ColumnType = (typeof COLUMN_TYPES)[number];

// Columns about a contact detail rather than holding it: "email verified", "phone type", "created by".
const ABOUT =
  /\b(?:status|types?|verified|opt in|optin|opted|consent|count|valid|bounced?|score|subscribed|subscription|source|preference|user ?name|login|nick ?name|file ?name|product|campaign|event|ip|mac|calling code|dial(?:ing|ling)? code|by|language|title|role|gender|password)\b/;

const RULES: readonly (readonly [ColumnType, RegExp])[] = [
  ['email', /\be ?mails?\b|\b(?:mail|correo|courriel|e?mailadresse|emailaddress|mejl|epost)\b/],
  [
    'phone',
    /\b(?:phones?|telephones?|tel|telef\w*|mobiles?|mobiel|mobil\w*|handy\w*|cell|cellphone|fax|tlf|rufnummer|portable|movil|celular|tfno|phonenumber|whatsapp)\b/,
  ],
  [
    'url',
    /\b(?:urls?|uri|web ?sites?|web|homepage|home page|webseite|internet|sitio|site|links?|linked ?in|twitter|facebook|instagram|xing|blog|domain|www)\b/,
  ],
  [
    'date',
    /\b(?:dates?|dob|birth ?days?|birth|born|geburts\w*|geb|datum|fecha|naissance|nascita|nascimento|nacimiento|created|updated|modified|since|anniversary|joined|signup|sign up|registered|seit|expires|expiry|last contact(?:ed)?|data d\w+)\b/,
  ],
  [
    'company',
    /\b(?:compan(?:y|ies)|companyname|organi[sz]ations?|org|employer|firma|firmenname|firm|business|account name|unternehmen|entreprise|societe|empresa|azienda|bedrijf|arbeitgeber|foretag)\b/,
  ],
  [
    'postal_code',
    /\b(?:zip|zip ?codes?|post ?codes?|postal|postal ?codes?|plz|postleitzahl|cp|code postal|codigo postal|cap|pin ?code|eircode|postnummer|cep)\b/,
  ],
  ['country', /\b(?:countr(?:y|ies)|country ?code|land|pays|pais|nation|nationality|paese|staat)\b/],
  [
    'state',
    /\b(?:states?|province|prov|region|bundesland|kanton|canton|county|provincia|departement|estado|uf)\b/,
  ],
  [
    'city',
    /\b(?:city|town|ort|stadt|ville|ciudad|citta|plaats|stad|cidade|locality|wohnort|suburb|municipality|woonplaats)\b/,
  ],
  ['address', /\b(?:full|complete|mailing|postal|whole) address\b/],
  [
    'street',
    /\b(?:street\w*|strasse\w*|str|addr|address|address ?line|adresse|addresse|rue|calle|via|direccion|indirizzo|straat|rua|endereco|anschrift|adres|line)\b/,
  ],
  [
    'first_name',
    /\b(?:first|given|fore|christian|middle) ?names?\b|\b(?:first|fname|vorname|rufname|prenom|voornaam|fornavn|imie|middle|forename)\b/,
  ],
  [
    'last_name',
    /\b(?:last|family|sur) ?names?\b|\b(?:last|lname|surname|nachname|familienname|nom de famille|apellidos?|cognome|achternaam|sobrenome|nazwisko|efternavn|familyname)\b/,
  ],
  [
    'full_name',
    /\b(?:full ?name|display ?name|name|names|nom|nombre|nome|naam|contact|customer|person|client|kunde|kontakt|ansprechpartner|attendee|guest|participant|member)\b/,
  ],
];

export interface NameVerdict {
  type: ColumnType;
  /** 0.95 when the whole name is known, 0.8 when one of its words is. */
  confidence: number;
}

/** What the name alone says; null when nothing. */
export function typeByName(header: string): NameVerdict | null {
  const words = foldHeader(header);
  if (words === '') return null;
  if (ABOUT.test(words)) return { type: 'text', confidence: 0.8 };
  for (const [type, pattern] of RULES) {
    const match = pattern.exec(words);
    if (match) return { type, confidence: match[0].length === words.length ? 0.95 : 0.8 };
  }
  return null;
}

/** Whether a date column is about birth. */
export function isBirthColumn(header: string): boolean {
  return /\b(?:dob|birth\w*|born|geb\w*|naissance|nascita|nascimento|nacimiento)\b/.test(foldHeader(header));
}

/** "E-Mail_Adresse2" and "eMailAdresse" become "e mail adresse". */
function foldHeader(header: string): string {
  return header
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replace(/[^\p{L}]+/gu, ' ')
    .trim();
}
