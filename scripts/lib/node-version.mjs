/** The first thing every command does. Nothing newer than the oldest Node in use is imported here, so that the message is readable there. */

const LEAST = [20, 19];

/** Ends the process with a clear message when this Node is too old. */
export function refuseOldNode() {
  const complaint = complaintAbout(process.versions.node);
  if (complaint === null) return;
  console.error(complaint);
  process.exit(1);
}

/** Null when the version will do, otherwise what to do about it. */
export function complaintAbout(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])) return null;
  return `Larder needs Node ${LEAST.join('.')} or later (22 and 24 are fine); this is Node ${version}. See https://nodejs.org/en/download or your version manager (nvm install 22).`;
}
