/** How the page about the API looks, light and dark. */
export const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 68rem; margin: 0 auto; padding: 1rem; }
nav a { margin-right: 0.75rem; }
details { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: 0.4rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
summary b { display: inline-block; min-width: 4.5rem; }
summary span { margin: 0 0.75rem; }
summary em { opacity: 0.75; }
dt { margin-top: 0.75rem; font-weight: 600; }
dd { margin: 0; }
pre { overflow-x: auto; padding: 0.5rem; margin: 0.25rem 0; font-size: 0.8rem;
  background: color-mix(in srgb, currentColor 7%, transparent); }
code { font-size: 0.9em; }
`;
