import { buffersOf, childrenOf, type Layout } from './layout.ts';

/** A layout with the places of its node and of its first buffer in a batch. */
export interface Placed {
  readonly layout: Layout;
  readonly node: number;
  readonly buffer: number;
  readonly children: readonly Placed[];
}

/** The columns of a batch with their places, so that each can be found without walking those before it. */
export function placed(layouts: readonly Layout[]): readonly Placed[] {
  let node = 0;
  let buffer = 0;
  const place = (layout: Layout): Placed => {
    const own = { layout, node: node++, buffer };
    buffer += buffersOf[layout.kind];
    return { ...own, children: childrenOf(layout).map(place) };
  };
  return layouts.map(place);
}
