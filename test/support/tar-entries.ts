import { buffer } from 'node:stream/consumers';
import { type Header, pack } from 'tar-stream';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';

/** An entry for the tar-stream package, an encoder independent of slimboard's reader. */
export type TarInput = Partial<Header> & { readonly name: string; readonly content?: string | Buffer };

/** A tar with these entries, in their order; they may be malformed. */
export async function tarOfEntries(entries: readonly TarInput[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of entries) {
    const dated = { mtime: new Date(0), ...header };
    if (content === undefined) archive.entry(dated);
    else archive.entry(dated, Buffer.from(content as string));
  }
  archive.finalize();
  return buffer(archive);
}

/** A tar header with any field values, and the right checksum. */
export function headerBlock(fields: {
  readonly name?: string | Buffer;
  readonly type?: string;
  /** The bytes of the field, at most 12. */
  readonly size?: string | Buffer;
  readonly mode?: string;
  readonly linkName?: string;
}): Buffer {
  const block = Buffer.alloc(512);
  Buffer.from(fields.name ?? 'file').copy(block, 0, 0, 100);
  block.write(fields.mode ?? '0000644\0', 100);
  Buffer.from(fields.size ?? '00000000000\0').copy(block, 124, 0, 12);
  block.write(fields.type ?? '0', 156);
  block.write(fields.linkName ?? '', 157);
  return sealed(block);
}

/** Sets the checksum of a header block in place. */
export function sealed(block: Buffer): Buffer {
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** Content padded to whole blocks, as it follows its header. */
export function padded(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

/** The descriptor of a layer's bytes. */
export function descriptorOf(body: Buffer): Descriptor {
  const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';
  return { mediaType, digest: digestOf(body), size: body.length, annotations: {} };
}
