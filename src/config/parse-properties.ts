import { getProperties } from 'properties-file'

/** The entries of a Java properties file, in the order of the file; the last of several equal keys wins. */
export function parseProperties(text: string): Map<string, string> {
  return new Map(Object.entries(getProperties(text)))
}
