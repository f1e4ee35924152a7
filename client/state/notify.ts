import type { Tone } from './toasts.ts';

/** Shows what ended as a notification of the browser, if nobody looks at the page; a toast would be gone before it is seen. */
export function notify(tone: Tone, text: string): void {
  if (!document.hidden || (tone !== 'success' && tone !== 'error')) return;
  if (!('Notification' in window) || Notification.permission !== 'granted') return;
  const shown = new Notification('Memoir', { body: text, icon: '/favicon.svg', tag: text });
  shown.onclick = () => {
    window.focus();
    shown.close();
  };
}

/** Asks the person, if the browser has not been told before; false if it may not. */
export async function mayNotify(): Promise<boolean> {
  if (!('Notification' in window)) return false;
  return (await Notification.requestPermission()) === 'granted';
}
