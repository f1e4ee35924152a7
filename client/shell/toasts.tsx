import { useEffect, useState } from 'react';
import { useStore } from '../state/store.ts';
import { dismissToast, type Toast, toasts } from '../state/toasts.ts';
import { Icon } from '../ui/icon.tsx';
import styles from './toasts.module.css';

const shownMs = 3000;
const icons = { success: 'check', error: 'cross', warning: 'warning', info: 'info' } as const;
const words = { success: 'Done', error: 'Error', warning: 'Attention', info: 'Note' } as const;

/** Short messages, stacked at the corner; the page's one live region. Each goes after three seconds, unless it is pointed at. */
export function Toasts() {
  const list = useStore(toasts);
  return (
    <div className={styles.stack} role="status" aria-label="Messages">
      {list.map((toast) => (
        <Message key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function Message({ toast }: { readonly toast: Toast }) {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dismissToast(toast.id), shownMs);
    return () => clearTimeout(timer);
  }, [held, toast.id]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: pointing at it only keeps it there longer
    <div
      className={styles.toast}
      data-tone={toast.tone}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <Icon name={icons[toast.tone]} />
      <span className={styles.text}>
        <span className="unseen">{words[toast.tone]}: </span>
        {toast.text}
      </span>
      <button type="button" className={styles.close} aria-label="Dismiss" onClick={() => dismissToast(toast.id)}>
        <Icon name="cross" />
      </button>
    </div>
  );
}
