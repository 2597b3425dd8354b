// Names of months and weekdays in the languages that contact lists come in: English, German, French, Spanish, Italian,
// Dutch, Portuguese, the Scandinavian ones and (months) Turkish. Keys are lower case without accents and dots; abbreviations of three letters and more are included.

const MONTHS = [
  'january jan januari ocak januar janner janvier janv enero ene gennaio gen januari janeiro',
  'february feb subat februar fevrier fevr fev febrero febbraio februari fevereiro',
  'march mar marz maerz mrz mars marzo maart mrt marco marts mart',
  'april apr nisan avril avr abril abr aprile',
  'may mai maj mayis mayo maggio mag mei maio',
  'june jun haziran juni juin junio giugno giu junho',
  'july jul temmuz juli juillet juil julio luglio lug julho',
  'august aug augusti agustos aout agosto ago augustus',
  'september sept sep eylul septembre septiembre settembre set setembro',
  'october oct ekim oktober okt octobre octubre ottobre ott outubro out',
  'november nov kasim novembre noviembre novembro',
  'december dec aralik dezember dez decembre diciembre dic dicembre dezembro desember',
];

const WEEKDAYS = [
  'sunday sun sondag sonntag so dimanche dim domingo dom domenica zondag zo',
  'monday mon mandag montag mo lundi lun lunes lunedi maandag ma',
  'tuesday tue tues tirsdag tisdag dienstag di mardi martes martedi dinsdag',
  'wednesday wed onsdag mittwoch mi mercredi mer miercoles mercoledi woensdag wo',
  'thursday thu thur thurs torsdag donnerstag do jeudi jeu jueves giovedi donderdag',
  'friday fri fredag freitag fr vendredi ven viernes venerdi vrijdag vr',
  'saturday sat lordag lauantai samstag sa sonnabend samedi sam sabado sabato zaterdag za',
];

const monthByWord = index(MONTHS);
const weekdayByWord = index(WEEKDAYS);

/** 1 to 12, or undefined. */
export function monthOf(word: string): number | undefined {
  const at = monthByWord.get(fold(word));
  return at === undefined ? undefined : at + 1;
}

/** 0 (Sunday) to 6, or undefined. */
export function weekdayOf(word: string): number | undefined {
  return weekdayByWord.get(fold(word));
}

function index(lists: readonly string[]): Map<string, number> {
  return new Map(lists.flatMap((words, at) => words.split(' ').map((word) => [word, at] as const)));
}

function fold(word: string): string {
  return word.normalize('NFD').replace(/\p{M}/gu, '').replace(/\./g, '').toLowerCase();
}
