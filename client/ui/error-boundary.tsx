import { Button } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { Icon } from './icon.tsx';
import { Panel } from './panel.tsx';

interface Props {
  readonly children: ReactNode;
}

interface State {
  readonly failure: Error | null;
}

/** A part of the page that broke does not take the rest with it. Most often the server was updated and has other files now. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { failure: null };

  static getDerivedStateFromError(error: unknown): State {
    return { failure: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { failure } = this.state;
    if (failure === null) return this.props.children;
    const missing = /import|fetch|load/i.test(failure.message);
    return (
      <Panel title="This panel failed to load">
        <p role="alert">
          {missing
            ? 'The dashboard was probably updated since this page was loaded.'
            : 'This is a bug in the dashboard.'}{' '}
          Nothing on the server is affected.
        </p>
        <p className="mono dim">{failure.message}</p>
        <Button variant="default" leftSection={<Icon name="reset" />} onClick={() => window.location.reload()}>
          Reload page
        </Button>
      </Panel>
    );
  }
}
