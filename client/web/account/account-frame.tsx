/** The frame of the pages on which nobody is signed in yet. */
import type { ReactNode } from 'react';
import { useTabTitle } from '../shell/page.tsx';
import { ThemeSwitch } from '../shell/theme-switch.tsx';
import { Logo } from '../ui/icons.tsx';

interface AccountFrameProps {
  title: string;
  lead: string;
  children: ReactNode;
}

export function AccountFrame({ title, lead, children }: AccountFrameProps) {
  useTabTitle(title);
  return (
    <>
      <header className="corner">
        <ThemeSwitch />
      </header>
      <main className="sign-in" id="content">
        <div className="sign-in-box">
          <span className="brand">
            <Logo size={34} />
            Larder
          </span>
          <h1>{title}</h1>
          <p className="dimmed">{lead}</p>
          {children}
        </div>
      </main>
    </>
  );
}
