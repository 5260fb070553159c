// SPDX-License-Identifier: Apache-2.0

/** Per second, in at most four characters and a unit. */
export function rate(value: number): string {
  if (value <= 0) {
    return '0/s';
  }
  return value < 0.1 ? '<0.1/s' : `${short(value)}/s`;
}

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let rest = value;
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${short(rest)} ${units[unit]}/s`;
}

export function percent(share: number): string {
  const value = share * 100;
  if (value === 0) {
    return '0 %';
  }
  return value < 0.1 ? '<0.1 %' : value < 10 ? `${trim(value.toFixed(1))} %` : `${Math.round(value)} %`;
}

export function millis(value: number | null): string {
  if (value === null) {
    return '–';
  }
  if (value >= 1000) {
    return `${trim((value / 1000).toFixed(value < 10_000 ? 2 : 1))} s`;
  }
  return `${value < 10 ? trim(value.toFixed(1)) : Math.round(value)} ms`;
}

export function short(value: number): string {
  if (value >= 1_000_000) {
    return `${trim((value / 1_000_000).toFixed(1))}M`;
  }
  if (value >= 10_000) {
    return `${trim((value / 1000).toFixed(1))}k`;
  }
  return value >= 100 ? String(Math.round(value)) : trim(value.toFixed(1));
}

function trim(text: string): string {
  return text.replace(/\.0+$/, '');
}

export function clock(iso: string): string {
  return new Date(iso).toLocaleTimeString([], { hour12: false });
}

export function windowName(seconds: number): string {
  return seconds < 60 ? `${seconds} seconds` : seconds === 60 ? 'minute' : `${seconds / 60} minutes`;
}
