// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { layoutOf, topology } from '../src/layout';
import { edge, graph, node } from './sample';

const shop = graph(
  [
    node('outside', 'outside', '', 'OUTSIDE'),
    node('gateway', 'gateway', '', 'GATEWAY'),
    node('page-v1', 'page', 'v1'),
    node('reviews-v1', 'reviews', 'v1'),
    node('reviews-v2', 'reviews', 'v2'),
    node('ratings-v1', 'ratings', 'v1'),
    node('sleeper-v1', 'sleeper', 'v1'),
  ],
  [
    edge('outside', 'gateway'),
    edge('gateway', 'page-v1'),
    edge('page-v1', 'reviews-v1'),
    edge('page-v1', 'reviews-v2'),
    edge('reviews-v2', 'ratings-v1'),
  ],
);

describe('the layout', () => {
  const layout = layoutOf(shop);
  const x = (id: string) => layout.nodes.get(id)!.x;

  it('goes from left to right along the calls', () => {
    expect(x('outside')).toBeLessThan(x('gateway'));
    expect(x('gateway')).toBeLessThan(x('page-v1'));
    expect(x('page-v1')).toBeLessThan(x('reviews-v2'));
    expect(x('reviews-v2')).toBeLessThan(x('ratings-v1'));
  });

  it('puts the versions of a service into one box', () => {
    expect(layout.groups.map((g) => g.app)).toEqual(['reviews']);
    const [box] = layout.groups;
    for (const id of ['reviews-v1', 'reviews-v2']) {
      const member = layout.nodes.get(id)!;
      expect(Math.abs(member.x - box!.x) + member.width / 2).toBeLessThan(box!.width / 2 + 0.1);
      expect(Math.abs(member.y - box!.y) + member.height / 2).toBeLessThan(box!.height / 2 + 0.1);
    }
  });

  it('draws no two nodes over each other', () => {
    const boxes = [...layout.nodes.values()];
    for (const a of boxes) {
      for (const b of boxes) {
        const apart =
          Math.abs(a.x - b.x) >= (a.width + b.width) / 2 || Math.abs(a.y - b.y) >= (a.height + b.height) / 2;
        expect(a === b || apart).toBe(true);
      }
    }
  });

  it('puts who has no traffic below the others, within the picture', () => {
    const idle = layout.nodes.get('sleeper-v1')!;
    for (const [id, box] of layout.nodes) {
      expect(id === 'sleeper-v1' || box.y < idle.y).toBe(true);
    }
    expect(idle.y + idle.height / 2).toBeLessThan(layout.height);
  });

  it('routes every edge, also back and to itself', () => {
    const loop = layoutOf(graph([node('a'), node('b')], [edge('a', 'b'), edge('b', 'a'), edge('a', 'a')]));
    expect([...loop.edges.keys()].sort()).toEqual(['a > a', 'a > b', 'b > a']);
    expect(layout.edges.size).toBe(5);
  });

  it('is there for nobody at all', () => {
    expect(layoutOf(graph([], [])).nodes.size).toBe(0);
    expect(layoutOf(graph([node('a')], [])).nodes.size).toBe(1);
  });

  it('depends on who is there and not on the figures', () => {
    const busier = { ...shop, edges: shop.edges.map((e) => ({ ...e, requestRate: 99 })) };
    expect(topology(busier)).toBe(topology(shop));
    expect(topology({ ...shop, edges: shop.edges.slice(1) })).not.toBe(topology(shop));
  });
});
