import { plainText } from '../format/plain-text.ts';

/** A name that a stranger chose: text and nothing else, kept from turning the direction of what stands beside it. */
export function Name({ children }: { readonly children: string }) {
  return <bdi>{plainText(children)}</bdi>;
}

/** Beside whatever is simulated. */
export function DemoMark({ what = 'A simulated machine' }: { readonly what?: string }) {
  return (
    <span className="demo-mark" title={what}>
      demo
    </span>
  );
}
