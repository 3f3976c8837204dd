/** Words and marks that METEOR takes for function words of English: frequent and with little content. */
export const FUNCTION_WORDS: ReadonlySet<string> = new Set(
  (
    "\" $ ' 's 't ( ) , - -- -lrb- -rrb- . : ? \u2014 \u2019 \u201c \u201d " +
    'a about after all also an and are as at be been but by can could first for from had has have he her his i if in into is it its ' +
    'last more new no not of on one or other out over people s said she so some than that the their there they this time to two up was ' +
    'we were what when which who will with would year years you'
  ).split(' '),
);
