/** The frame of a page: title in the tab, one heading, room for actions, focus on arrival. */
import { type ReactNode, useEffect, useRef } from 'react';

interface PageProps {
  title: string;
  /** What the tab says; the title where it is not given. */
  tab?: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, tab, lead, actions, children }: PageProps) {
  useTabTitle(tab ?? title);
  return (
    <main id="content" className="page" tabIndex={-1}>
      <div className="page-head">
        <div>
          <h1>{title}</h1>
          {lead ? <div className="lead">{lead}</div> : null}
        </div>
        {actions ? <div className="actions">{actions}</div> : null}
      </div>
      {children}
    </main>
  );
}

export function useTabTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Larder`;
  }, [title]);
}

/** Moves the focus to the content when the path changes, as a page load would; not on the first page. */
export function useFocusOnArrival(path: string): void {
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    document.getElementById('content')?.focus({ preventScroll: true });
  }, [path]);
}

export function SkipLink() {
  return (
    <a className="skip-link" href="#content">
      Skip to the content
    </a>
  );
}
