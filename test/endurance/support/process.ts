// What a process holds, as Linux tells it.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export const canLook = process.platform === 'linux';

export interface Holding {
  megabytes: number;
  files: number;
  sockets: number;
}

export function holdingOf(pid: number): Holding {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  const links = readdirSync(`/proc/${pid}/fd`).map((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`);
    } catch {
      // It was closed meanwhile.
      return '';
    }
  });
  return {
    megabytes: Number(kilobytes) / 1024,
    files: links.length,
    sockets: links.filter((link) => link.startsWith('socket:')).length,
  };
}
