/**
 * What the first bundle hands the second when that starts: functions that both need. The build fills this list and
 * takes what is on it out of the second bundle (`lend.mjs`); here it is empty, as whatever runs from the sources has
 * all its parts itself.
 */
export const lent: readonly unknown[] = [];
