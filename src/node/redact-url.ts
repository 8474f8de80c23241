// redactUrls: takes user, password and query out of the URLs in a text that is to be shown.

/** A scheme, then what stands before "@" in the authority, then the path, then query and fragment. */
const urls = /\b([a-z][a-z\d+.-]*:\/\/)([^\s/?#"'<>]*@)?([^\s?#"'<>]*)([?#][^\s"'<>]*)?/gi;

/** The same text, with "…" for the user, the password and the query of each URL in it. */
export function redactUrls(text: string): string {
  return text.replace(
    urls,
    (_url, scheme: string, user: string | undefined, rest: string, query: string | undefined) => {
      const mark = query === undefined ? "" : `${query[0]}…`;
      return `${scheme}${user === undefined ? "" : "…@"}${rest}${mark}`;
    },
  );
}
