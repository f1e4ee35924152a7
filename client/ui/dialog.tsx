import { Modal } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import styles from './dialog.module.css';

interface Props {
  readonly title: ReactNode;
  readonly close: () => void;
  readonly children: ReactNode;
  readonly size?: 'md' | 'lg' | 'xl';
  /** Off where a stray click would lose what cannot be had again. */
  readonly closeOnClickOutside?: boolean;
  readonly className?: string | undefined;
}

/**
 * A dialog: takes the focus and gives it back, closes by Escape, by its button and by a click outside. Mantine's parts
 * without its header, which would be a second banner of the page.
 */
export function Dialog(props: Props) {
  const { title, close, children, size = 'md', closeOnClickOutside = true, className } = props;

  // Dialogs are taken away when they are closed; the focus goes back to where it came from, if that is still there.
  const before = useRef(document.activeElement);
  useEffect(() => {
    const origin = before.current;
    return () => {
      setTimeout(() => {
        const target = origin?.isConnected && origin !== document.body ? origin : document.getElementById('content');
        if (target instanceof HTMLElement) target.focus({ preventScroll: true });
      });
    };
  }, []);

  return (
    <Modal.Root opened onClose={close} returnFocus={false} size={size} closeOnClickOutside={closeOnClickOutside}>
      <Modal.Overlay />
      <Modal.Content>
        <div className={styles.head}>
          <Modal.Title className={styles.title ?? ''}>{title}</Modal.Title>
          <Modal.CloseButton aria-label="Close" />
        </div>
        <Modal.Body className={className ?? ''}>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
