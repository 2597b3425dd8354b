/** What is in the cache: keys that match a pattern, and the entry of the one that was chosen. */
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { queryClient, trpc } from '../data/trpc.ts';
import { Page } from '../shell/page.tsx';
import { EntryPanel, PANEL_HEADING } from './entry-panel.tsx';
import { KeyList } from './key-list.tsx';
import { EVERYTHING, PatternForm } from './pattern-form.tsx';

const route = getRouteApi('/console/keys');

export function KeysPage() {
  const { pattern = EVERYTHING, key } = route.useSearch();
  const navigate = route.useNavigate();
  const opener = useFocusOnEntry(key);
  const ask = (wanted: string) => {
    void navigate({ search: { pattern: wanted } });
    void queryClient.resetQueries({ queryKey: trpc.monitoring.cacheKeys.pathKey() });
  };
  const close = () => {
    void navigate({ search: { pattern }, resetScroll: false });
    opener.current?.focus();
  };
  return (
    <Page
      title="Keys"
      lead="What Redis holds for this site, key by key. Parts of keys and values that may name a person are hidden."
    >
      <PatternForm key={pattern} pattern={pattern} submit="Show keys" ask={ask} />
      <div className={key === undefined ? undefined : 'keys-and-entry'}>
        <KeyList
          pattern={pattern}
          choosing={(link) => {
            opener.current = link;
          }}
        />
        {key === undefined ? null : <EntryPanel key={key} chosen={key} close={close} />}
      </div>
    </Page>
  );
}

/** Moves the focus to an entry that was chosen on the page, not to one that was in its address. Answers what it came from. */
function useFocusOnEntry(key: string | undefined) {
  const opener = useRef<HTMLElement | null>(null);
  useEffect(() => {
    if (key !== undefined && opener.current) document.getElementById(PANEL_HEADING)?.focus();
  }, [key]);
  return opener;
}
