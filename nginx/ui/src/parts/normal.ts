// What people mean by what they write or paste: blanks around it, and signs that only group or cannot be
// seen, are no part of it.
const unseen = /[\u200b-\u200f\u202a-\u202e\u2060]/g;

export const plain = (text: string): string => text.replace(unseen, "").trim();
export const asIs = (text: string): string => text;

// "+254 (712) 345–678", with dashes and blanks of any kind.
export const phoneOf = (text: string): string => plain(text).replace(/[\s().\-\u2010-\u2015\u2212]/g, "");
export const phonePattern = "\\+[1-9][0-9]{6,14}";

export const slugOf = (text: string): string => plain(text).toLowerCase();
export const slugPattern = "[a-z0-9][a-z0-9\\-]{0,62}";
