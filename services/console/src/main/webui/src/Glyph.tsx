// SPDX-License-Identifier: Apache-2.0

interface IconConfig {
  icon?: { width: number; height: number; svgPathData: unknown } | null;
}

/** A PatternFly icon inside an SVG picture, centred in a square. */
export function Glyph(props: { config: unknown; x: number; y: number; size: number; className?: string }) {
  const icon = (props.config as IconConfig).icon;
  if (!icon || typeof icon.svgPathData !== 'string') {
    return null;
  }
  const scale = props.size / Math.max(icon.width, icon.height);
  const dx = props.x + (props.size - icon.width * scale) / 2;
  const dy = props.y + (props.size - icon.height * scale) / 2;
  return <path className={props.className} d={icon.svgPathData} transform={`translate(${dx} ${dy}) scale(${scale})`} />;
}
