import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Pair {
  readonly certPem: Buffer;
  readonly keyPem: Buffer;
}

export interface Certificates {
  readonly ca: Buffer;
  readonly server: Pair;
  readonly client: Pair;
  /** A client's certificate of an authority of its own. */
  readonly stranger: Pair;
}

/** Certificates made by the openssl of this machine; undefined where there is none. Node can sign none itself. */
export function makeCertificates(): Certificates | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'brink-test-certificates-'));
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' });
  };
  const key = (name: string): string[] => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`]; // prettier-ignore
  const authority = (name: string): void =>
    openssl('req', '-x509', ...key(name), '-days', '2', '-subj', `/CN=${name}`, '-out', `${name}.pem`);
  const signed = (name: string, by: string): Pair => {
    openssl(
      'req',
      ...key(name),
      '-subj',
      `/CN=${name}`,
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-out',
      `${name}.csr`,
    );
    const signing = [
      '-CA',
      `${by}.pem`,
      '-CAkey',
      `${by}.key`,
      '-CAcreateserial',
      '-days',
      '2',
      '-copy_extensions',
      'copy',
    ];
    openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-out', `${name}.pem`);
    return { certPem: read(`${name}.pem`), keyPem: read(`${name}.key`) };
  };
  const read = (file: string): Buffer => readFileSync(join(directory, file));
  try {
    openssl('version');
  } catch {
    return undefined;
  }
  try {
    authority('ca');
    authority('other');
    const [server, client, stranger] = [signed('server', 'ca'), signed('client', 'ca'), signed('stranger', 'other')];
    return { ca: read('ca.pem'), server, client, stranger };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
