// Names that paths, of files and of URLs, are made of.

/** No separator, no dots alone, nothing that a file system or a URL would take apart. */
const plainName = /^(?!\.+$)[A-Za-z0-9._~:-]{1,128}$/;

/** Whether a name is one that a path can be made of. */
export function isPlainName(name: unknown): name is string {
  return typeof name === 'string' && plainName.test(name);
}
