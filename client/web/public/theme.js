// Sets the colour scheme before the first paint, so that a dark page never flashes white.
// It is a file of its own because the content security policy allows no inline script.
(() => {
  let saved = null;
  try {
    saved = localStorage.getItem('mantine-color-scheme-value');
  } catch {
    // Storage may be switched off; then the system's scheme applies.
  }
  const dark = saved === 'dark' || (saved !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
