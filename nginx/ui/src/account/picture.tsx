// The picture: chosen, cropped, sent; removed, and put back where that was a mistake.
import { useRef, useState } from "preact/hooks";

import { call } from "../base/api";
import { t } from "../base/texts";
import type { User } from "../base/types";
import { useAction } from "../parts/action";
import { ProblemNotice, say } from "../parts/feedback";
import { refocus } from "../parts/focus";
import { Avatar, Section } from "../parts/shell";
import { Crop } from "./crop";
import type { Mine } from "./me";

async function send(picture: Blob, name: string): Promise<string> {
  const form = new FormData();
  form.set("picture", picture, name);
  return (await call<{ picture_url: string }>("PUT", "/auth/me/picture", { form })).picture_url;
}

async function stored({ picture_url }: User): Promise<Blob> {
  const answer = await fetch(picture_url ?? "");
  if (!answer.ok) throw new Error("no picture");
  return answer.blob();
}

export function Picture({ me: { user }, change }: Mine) {
  const input = useRef<HTMLInputElement>(null);
  const chooser = useRef<HTMLButtonElement>(null);
  const [chosen, setChosen] = useState<ImageBitmap | null>(null);
  const { busy, problem, act } = useAction();
  // Of this visit: the server's address stays the same whatever is there, and the browser would go on
  // showing what it has.
  const latest = useRef<Blob | null>(null);

  const show = (picture: Blob) => {
    latest.current = picture;
    change({ picture_url: URL.createObjectURL(picture) });
  };
  const choose = (file: File) => act(async () => {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
    if (image) return setChosen(image);
    // What this browser cannot read, the server may; if not, it says what it takes.
    change({ picture_url: await send(file, file.name) });
    say(t("account.picture.saved"));
  });
  const save = async (picture: Blob) => {
    await send(picture, "picture.jpg");
    show(picture);
    setChosen(null);
    refocus(() => chooser.current);
    say(t("account.picture.saved"));
  };
  const remove = () => act(async () => {
    const before = latest.current ?? await stored(user);
    await call("DELETE", "/auth/me/picture");
    latest.current = null;
    change({ picture_url: null });
    chooser.current?.focus();
    say(t("account.picture.removed"), async () => {
      await send(before, "picture.jpg");
      show(before);
    });
  });

  return (
    <Section title={t("account.picture")}>
      <div class="picture">
        <Avatar user={user} size={96} />
        <div class="picture-side">
          <div class="actions">
            <button ref={chooser} type="button" class="button" aria-disabled={busy}
              onClick={() => busy || input.current?.click()}>
              {busy && <span class="spinner" aria-hidden="true" />}
              {t(user.picture_url ? "account.picture.replace" : "account.picture.choose")}
            </button>
            {user.picture_url &&
              <button type="button" class="button" aria-disabled={busy} onClick={() => busy || void remove()}>
                {t("account.picture.remove")}
              </button>}
          </div>
          <p class="help">{t("account.picture.help")}</p>
          <input ref={input} type="file" hidden accept="image/jpeg,image/png,image/webp"
            aria-label={t("account.picture.file")} onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              // The same file again is a change too.
              event.currentTarget.value = "";
              if (file) void choose(file);
            }} />
        </div>
      </div>
      {problem && <ProblemNotice problem={problem} />}
      {chosen && <Crop image={chosen} close={() => setChosen(null)} save={save} />}
    </Section>);
}
