// Every code that a cell, a row or a column can carry, with its meaning in plain words. Codes are part of the interface:
// people filter and count by them, so they are added, never renamed.

export const CODES = {
  // Repairs that fit any text
  whitespace: 'Blanks around or inside were tidied.',
  invisible_characters: 'Characters that cannot be seen were taken out.',
  html_entities: 'HTML entities such as &amp; were turned into characters.',
  text_marker: 'The apostrophe by which a spreadsheet marks text was taken off.',
  too_long: 'The text is far too long for its type.',
  mojibake: 'Letters garbled by a wrong encoding were restored.',
  lost_letter: 'A letter was lost before this file was made.',
  placeholder: 'The cell holds a stand-in for "no value".',
  placeholder_doubtful: 'The cell looks like a stand-in for "no value", but may be meant.',
  recased: 'Upper and lower case were set.',

  // Names and companies
  name_reordered: '"Last, First" was turned around.',
  name_suffix: 'A suffix such as Jr. or III was brought into its usual form.',
  name_title: 'A title such as Dr. was brought into its usual form.',
  name_apostrophe: 'A typographic apostrophe was made a plain one.',
  name_comma: 'There is a comma where one name was expected.',
  name_digits: 'There are digits in a name.',
  name_symbols: 'There are symbols in a name.',
  name_no_letters: 'There is no letter in a name.',
  name_is_email: 'An e-mail address stands where a name was expected.',
  name_is_company: 'A company stands where a person was expected.',
  company_suffix: 'The legal form was brought into its usual spelling.',
  company_no_letters: 'There is neither letter nor digit in a company.',
  company_is_email: 'An e-mail address stands where a company was expected.',

  // E-mail
  email_extracted: 'The address was taken out of what surrounds it.',
  email_domain_case: 'The domain was written in lower case.',
  email_idn: 'The domain was written in its ASCII form.',
  email_spaces: 'Blanks beside @ or a dot were taken out.',
  email_punctuation: 'Punctuation at the ends was taken off.',
  email_typo: 'The domain looks like a typing error.',
  email_unknown_tld: 'The domain ends in no known top-level domain.',
  email_non_ascii: 'Not every mail server takes letters beyond ASCII before the @.',
  email_multiple: 'There is more than one address.',
  email_obfuscated: 'The address is written in words.',
  email_invalid: 'This is not an e-mail address.',

  // Phone
  phone_formatted: 'The number was written as E.164.',
  phone_country: 'The country code was added.',
  phone_vanity: 'Letters were turned into digits.',
  phone_excel_decimal: 'The ".0" that a spreadsheet added was taken off.',
  phone_no_country: 'The number has no country code and nothing says which country is meant.',
  phone_multiple: 'There is more than one number.',
  phone_rounded: 'A spreadsheet has rounded the number.',
  phone_too_short: 'The number has too few digits.',
  phone_too_long: 'The number has too many digits.',
  phone_invalid: 'The number cannot exist in its country.',
  phone_not_a_number: 'This is not a phone number.',

  // URL
  url_scheme_added: 'https:// was added.',
  url_scheme_fixed: 'The beginning of the URL was repaired.',
  url_formatted: 'The URL was brought into its usual form.',
  url_tracking: 'Tracking parameters were taken off, as asked.',
  url_unknown_tld: 'The host ends in no known top-level domain.',
  url_credentials: 'The URL holds a user name or password.',
  url_ip: 'The host is an IP address.',
  url_scheme_unsupported: 'Only http and https URLs are expected.',
  url_is_email: 'An e-mail address stands where a URL was expected.',
  url_is_handle: 'A user name stands where a URL was expected.',
  url_multiple: 'There is more than one URL.',
  url_invalid: 'This is not a URL.',

  // Dates
  date_formatted: 'The date was written as ISO 8601.',
  date_order_file: 'Day and month were told apart by other rows of the column.',
  date_order_option: 'Day and month were told apart by the chosen order.',
  date_dots: 'Dots between the numbers were read as day first.',
  date_order_conflict: 'The date reads in another order than its column.',
  date_two_digit_year: 'The century was not written.',
  date_excel_serial: 'A spreadsheet day number was turned into a date.',
  date_unix_time: 'Seconds or milliseconds since 1970 were turned into an instant.',
  date_from_words: 'The date was understood from words.',
  date_weekday: 'The weekday does not belong to the date.',
  date_unlikely: 'The year is far away.',
  date_future: 'A date of birth lies in the future.',
  date_ambiguous: 'Day and month cannot be told apart.',
  date_impossible: 'There is no such day.',
  date_incomplete: 'Day, month or year is missing.',
  date_relative: 'The date depends on when it was written.',
  date_invalid: 'This is not a date.',

  // Addresses
  country_code: 'The country was written as its two-letter code.',
  country_ambiguous: 'More than one country has this name.',
  country_unknown: 'This is not a known country.',
  state_code: 'The state was written as its code.',
  state_unknown: 'The country has no such state.',
  state_other_country: 'The state belongs to another country than the row.',
  postal_formatted: 'The postal code was written as its country writes it.',
  postal_zero: 'The zero that a spreadsheet had dropped was put back.',
  postal_country_assumed:
    'The postal code only fits when a dropped zero is put back, and nothing confirms it.',
  postal_invalid: 'The country has no such postal code.',
  postal_state_mismatch: 'The postal code belongs to another state.',
  city_digits: 'There are digits in a city.',
  city_has_postal_code: 'A postal code stands in the city.',
  address_formatted: 'The address was brought into its usual form.',
  address_is_email: 'An e-mail address stands where an address was expected.',

  // Rows
  too_few_cells: 'The row has fewer cells than the header.',
  too_many_cells: 'The row has more cells than the header.',
  empty_row: 'Every cell of the row is empty.',
  duplicate_row: 'An earlier row says the same.',
  duplicate_email: 'An earlier row has the same e-mail address.',
} as const;

export type Code = keyof typeof CODES;
