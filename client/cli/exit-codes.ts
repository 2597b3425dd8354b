/** What the command's exit codes mean; `larder --help` prints them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  overMax: 3,
  notAllowed: 4,
  unreachable: 5,
  jobFailed: 6,
  degraded: 7,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_HELP = `
Exit codes:
  0  done
  1  the server refused or failed, or it is down
  2  the command was not understood, or needs an answer that nobody can give (use --yes)
  3  clear would delete more entries than --max allows; nothing was deleted
  4  not signed in, or the role does not allow it
  5  the server cannot be reached
  6  the job failed or was cancelled
  7  the server works without Redis' help`;

/** Ends the command with an exit code and, where there is one, a line for the person. */
export class Stop extends Error {
  readonly code: ExitCode;

  constructor(code: ExitCode, message = '') {
    super(message);
    this.code = code;
  }
}
