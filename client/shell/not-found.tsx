import { Link } from 'wouter';
import { Empty } from '../ui/answer-states.tsx';
import { Panel } from '../ui/panel.tsx';
import { ScreenHeading } from './screen-heading.tsx';

/** An address that no screen has. */
export function NotFound() {
  return (
    <>
      <ScreenHeading title="Page not found" />
      <Panel title="No such page">
        <Empty action={<Link href="/">Go to Overview</Link>}>The address may be mistyped or out of date.</Empty>
      </Panel>
    </>
  );
}
