/** A write that was refused with one of these says nothing about the disk: no room, or no descriptor to write with. */
export const PASSING_REFUSALS: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE'])
