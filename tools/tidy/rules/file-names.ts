import { posix } from 'node:path'
import type { Rule } from '../finding.ts'

const SAYS_NOTHING = /^(utils?|helpers?|common|misc|shared|stuff)$/

/** A file or folder is named after what is in it. */
export const fileNames: Rule = ({ path }) => {
  const parts = path.split('/')
  const base = posix.basename(path).replace(/\..*$/, '')
  const nothing = [...parts.slice(0, -1), base].find(part => SAYS_NOTHING.test(part))
  if (nothing !== undefined)
    return [
      {
        path,
        line: 1,
        rule: 'file-name',
        advice: `"${nothing}" names nothing, name the file after what it does`,
      },
    ]
  if (path.startsWith('src/') && !/^[a-z0-9-]+$/.test(base))
    return [{ path, line: 1, rule: 'file-name', advice: 'write the name in lower case with hyphens' }]
  return []
}
