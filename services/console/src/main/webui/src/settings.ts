// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'react';

/** A choice that the browser remembers. */
export function useRemembered<T extends string>(key: string, allowed: readonly T[], initial: T): [T, (next: T) => void] {
  const [value, setValue] = useState<T>(() => {
    const known = read(key) as T | null;
    return known !== null && allowed.includes(known) ? known : initial;
  });
  return [
    value,
    (next) => {
      setValue(next);
      try {
        localStorage.setItem(key, next);
      } catch {
        // Storage may be switched off; the choice then lasts as long as the page.
      }
    },
  ];
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function useTheme(): ['light' | 'dark', () => void] {
  const preferred = window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const [theme, setTheme] = useRemembered('flotilla.theme', ['light', 'dark'] as const, preferred);
  useEffect(() => {
    document.documentElement.classList.toggle('pf-v6-theme-dark', theme === 'dark');
  }, [theme]);
  return [theme, () => setTheme(theme === 'dark' ? 'light' : 'dark')];
}
