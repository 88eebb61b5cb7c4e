// A moment: how long ago, and on closer look exactly when.
import {  } from "../base/texts";

export const When = ({ time }: { time: string }) =>
  <When time={time} />;

export const Exactly = ({ time }: { time: string }) => <Exactly time={time} />;
