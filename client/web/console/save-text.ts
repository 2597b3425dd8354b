/** Hands a text to the browser as a file to be kept. */
export function saveText(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  link.download = name;
  link.click();
  // The browser may read it after the click has returned.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
