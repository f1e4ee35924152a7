import { useEffect } from 'react';
import { usePage } from '../state/page.ts';

/** What can be done by a key from anywhere, as the list of shortcuts shows it. */
export const shortcuts: readonly (readonly [keys: string, does: string])[] = [
  ['Ctrl K', 'Open the command palette (⌘ K on a Mac)'],
  ['/', 'Search on this screen'],
  ['?', 'Show this list'],
  ['Shift + click', 'Select a range of dumps'],
  ['Esc', 'Close a dialog'],
];

/** Keys that work on every screen. They are not taken from who types, and not while a dialog is open. */
export function Shortcuts() {
  const { dialogs } = usePage();
  useEffect(() => {
    function press(event: KeyboardEvent): void {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        dialogs.palette.set(true);
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"]')) return;
      if (event.key === '?') dialogs.shortcuts.set(true);
      if (event.key !== '/') return;
      event.preventDefault();
      const field = document.querySelector<HTMLInputElement>('main input[type="search"]');
      if (field) field.focus();
      else dialogs.palette.set(true);
    }
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [dialogs]);
  return null;
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('textarea, select, input:not([type="checkbox"], [type="radio"])'));
