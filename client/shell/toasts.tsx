import { useEffect, useState } from 'react';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';
import type { Toast } from '../state/toasts.ts';
import { Icon } from '../ui/icon.tsx';
import styles from './toasts.module.css';

const icons = { success: 'check', error: 'cross', warning: 'warning', info: 'info' } as const;
const words = { success: 'Done', error: 'Error', warning: 'Warning', info: 'Info' } as const;

/** Short messages, stacked at the corner; the page's one live region. Each goes after three seconds, unless it is pointed at. */
export function Toasts() {
  const list = useStore(usePage().toasts);
  return (
    <div className={styles.stack} role="status" aria-label="Messages">
      {list.map((toast) => (
        <Message key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function Message({ toast }: { readonly toast: Toast }) {
  const { dismiss } = usePage().toasts;
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dismiss(toast.id), toast.shownMs);
    return () => clearTimeout(timer);
  }, [held, toast.id, toast.shownMs, dismiss]);
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
      {toast.action && (
        <button
          type="button"
          className={styles.action}
          onClick={() => {
            dismiss(toast.id);
            toast.action?.run();
          }}
        >
          {toast.action.label}
        </button>
      )}
      <button type="button" className={styles.close} aria-label="Dismiss" onClick={() => dismiss(toast.id)}>
        <Icon name="cross" />
      </button>
    </div>
  );
}
