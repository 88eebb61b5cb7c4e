// "My account" (SPEC W2): profile and picture, address, devices, history, data.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { launch, send, signIn } from "./support/browser.mjs";
import { linkOf, newestMail } from "./support/mail.mjs";
import { arrives, findings, inspect, open, tabThrough, watched } from "./support/page.mjs";
import { png } from "./support/png.mjs";
import { cli, newTenant, newUser, signInOf, sql } from "./support/stack.mjs";

const account = "/auth/ui/account";
let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

// A person of a tenant of their own, signed in, at a view of their account.
async function at(view, { settings = {}, user: given, refusals = [], ...options } = {}) {
  const user = given ?? await newUser(await newTenant({ max_sessions: 0, ...settings }));
  const { state, userId, csrf } = await signIn(browser, user);
  const seen = await watched(browser, { storageState: state, refusals, ...options });
  await open(seen.page, `${account}#/${view}`);
  await seen.page.getByRole("heading", { level: 1 }).waitFor();
  return { ...seen, user, userId, csrf, api: (path, how) => send(seen.page, path, how) };
}

const done = async ({ context, faults }) => {
  assert.deepEqual(faults, []);
  await context.close();
};

const said = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();

test("W2: the profile is changed, and the change undone", async () => {
  const seen = await at("profile", { settings: { info_text: "Ring us up on 123." } });
  const { page, api } = seen;
  await page.getByText("You have no access yet").waitFor();
  await page.getByText("Ring us up on 123.").waitFor();
  const met = await tabThrough(page);
  for (const name of ["Skip to the content", "Sign out", "Devices", "Choose a picture", "Save", "Change"]) {
    assert.ok(met.includes(name), `${name} is not among ${met.join(", ")}`);
  }
  await page.getByLabel("First name").fill("Achieng'");
  await page.getByLabel("Last name").fill(" Otieno ");
  await page.getByLabel("Phone").fill("0712 345 678");
  await page.getByRole("button", { name: "Save" }).click();
  assert.equal(await page.getByLabel("Phone").getAttribute("aria-invalid"), "true");
  assert.ok(await page.getByLabel("Phone").evaluate((field) => field === document.activeElement));
  await page.getByLabel("Phone").fill("+254 712-345 678");
  await page.getByLabel("Postal address").fill("Moi Avenue 1, Nairobi");
  await page.getByRole("button", { name: "Save" }).click();
  await said(page, "Saved.");
  const me = (await api("/auth/me")).json;
  assert.deepEqual([me.first_name, me.last_name, me.phone, me.address],
    ["Achieng'", "Otieno", "+254712345678", "Moi Avenue 1, Nairobi"]);
  await page.getByText("Achieng' Otieno").waitFor();
  await inspect(page, "account-profile");
  assert.ok(await page.getByRole("button", { name: "Save" }).evaluate((button) => button === document.activeElement));

  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByLabel("First name").and(page.locator("[value='']")).waitFor();
  const again = (await api("/auth/me")).json;
  assert.deepEqual([again.first_name, again.phone, again.address], [null, null, null]);
  await done(seen);
});

test("W2: an address that names no view says so, one that names none shows the profile", async () => {
  for (const [view, title] of [["nowhere", "My account"], ["constructor", "My account"], ["__proto__", "My account"],
    ["profile/more", "Profile"], ["", "Profile"]]) {
    const seen = await at(view);
    await seen.page.getByRole("heading", { level: 1, name: title }).waitFor();
    assert.equal(await seen.page.getByText("There is nothing here").count(), title === "Profile" ? 0 : 1);
    await done(seen);
  }
});

test("W2: what the server says of a field stands at the field", async () => {
  const seen = await at("profile", { refusals: [422] });
  const { page } = seen;
  await page.getByLabel("Phone").fill("+254 (7)");
  await page.getByLabel("Phone").evaluate((field) => field.removeAttribute("pattern"));
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Please use at least 8 characters.").waitFor();
  assert.equal(await page.getByLabel("Phone").getAttribute("aria-invalid"), "true");
  await done(seen);
});

// Red on the left, blue on the right, a green line at the top.
const flag = () => png(800, 600, (x, y) => y < 20 ? [0, 160, 0] : x < 400 ? [200, 0, 0] : [0, 0, 200]);

async function choose(page, buffer, name = "flag.png", mimeType = "image/png") {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: /^Choose a/ }).click();
  await (await chooser).setFiles({ name, mimeType, buffer });
}

// The stored picture's colour at parts of its width and height.
const colourOf = (page, userId, x, y) => page.evaluate(async ([id, across, down]) => {
  const answer = await fetch(`/auth/users/${id}/picture`, { cache: "no-store" });
  const image = await createImageBitmap(await answer.blob());
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(Math.floor(image.width * across), Math.floor(image.height * down), 1, 1);
  return ["red", "green", "blue"][[...data].slice(0, 3).indexOf(Math.max(data[0], data[1], data[2]))];
}, [userId, x, y]);

test("W2: a picture is cropped by keyboard and pointer, removed and put back", async () => {
  const seen = await at("profile", { refusals: [404] });
  const { page, userId, api } = seen;
  await choose(page, flag());
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Visible part of the picture").waitFor();
  await inspect(page, "account-crop");
  await dialog.getByRole("button", { name: "Save the picture" }).click();
  await said(page, "Your picture is saved.");
  assert.equal(await dialog.count(), 0);
  assert.equal(await colourOf(page, userId, 0.1, 0.5), "red");
  assert.equal(await colourOf(page, userId, 0.9, 0.5), "blue");
  assert.equal(await colourOf(page, userId, 0.5, 0.01), "green");
  // Shown at once, in the bar too.
  assert.equal(await page.locator("img.avatar").count(), 2);

  await choose(page, flag());
  await dialog.getByLabel("Zoom").fill("2");
  const part = dialog.getByLabel("Visible part of the picture");
  await part.focus();
  for (let i = 0; i < 12; ++i) await page.keyboard.press("Shift+ArrowRight");
  await dialog.getByRole("button", { name: "Save the picture" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.equal(await colourOf(page, userId, 0.1, 0.1), "blue");

  // A drag to the right brings what is on the left.
  await choose(page, flag());
  await dialog.getByLabel("Zoom").fill("2");
  const box = await part.boundingBox();
  await page.mouse.move(box.x + 20, box.y + 100);
  await page.mouse.down();
  await page.mouse.move(box.x + 280, box.y + 100, { steps: 5 });
  await page.mouse.up();
  await dialog.getByRole("button", { name: "Save the picture" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.equal(await colourOf(page, userId, 0.8, 0.1), "red");

  // A click brings what is there into the middle.
  await choose(page, flag());
  await dialog.getByLabel("Zoom").fill("2");
  await part.click({ position: { x: box.width - 4, y: box.height / 2 } });
  await dialog.getByRole("button", { name: "Save the picture" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.equal(await colourOf(page, userId, 0.1, 0.5), "blue");

  await page.reload();
  await page.locator("img.avatar").first().waitFor();
  await page.getByRole("button", { name: "Remove" }).click();
  await said(page, "Your picture is removed.");
  assert.equal((await api("/auth/me")).json.picture_url, null);
  assert.ok(await page.getByRole("button", { name: "Choose a picture" })
    .evaluate((button) => button === document.activeElement));
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Choose another" }).waitFor();
  assert.equal(await colourOf(page, userId, 0.1, 0.5), "blue");
  await done(seen);
});

test("W2: the server judges what is no picture, or is too large", async () => {
  const seen = await at("profile", { refusals: [422, 413] });
  const { page, api } = seen;
  await choose(page, Buffer.from("no picture at all"), "picture.png");
  await page.getByText("Please choose a JPEG, PNG or WebP picture.").waitFor();
  await choose(page, Buffer.alloc(5.5 * 1024 * 1024, 1), "large.png");
  await page.getByText("That is too large to be sent.").waitFor();
  assert.equal((await api("/auth/me")).json.picture_url, null);
  await done(seen);
});

test("W2: the address changes once the mailed link was opened", async () => {
  const seen = await at("profile", { refusals: [403] });
  const { page, user, api } = seen;
  const wanted = `new-${user.email}`;
  await page.getByRole("button", { name: "Change", exact: true }).click();
  const dialog = page.getByRole("dialog");
  assert.ok(await dialog.getByLabel("New e-mail address").evaluate((field) => field === document.activeElement));
  await dialog.getByLabel("New e-mail address").fill(wanted);
  await dialog.getByLabel("Current password").fill("not the password");
  await dialog.getByRole("button", { name: "Send the link" }).click();
  await dialog.getByText("Your current password is not right.").waitFor();
  await inspect(page, "account-email");
  await dialog.getByLabel("Current password").fill(user.password);
  await dialog.getByRole("button", { name: "Send the link" }).click();
  await said(page, `We sent a link to ${wanted}.`);
  assert.equal((await api("/auth/me")).json.email, user.email);
  const link = linkOf(await newestMail(wanted, "verify_email"));
  await page.goto(link);
  await page.getByRole("button", { name: "Confirm my address" }).click();
  await page.getByText("Your address is confirmed.").waitFor();
  await open(page, account);
  await page.getByRole("main").getByText(wanted, { exact: true }).waitFor();
  await done(seen);
});

const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 " +
  "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";

test("W2, S6: a device is ended from another, and is sent to the sign-in page", async () => {
  const first = await at("devices");
  const { page, user } = first;
  const other = await watched(browser, { refusals: [401], userAgent: phone });
  await open(other.page, `/auth/ui/sign-in?tenant=${user.tenant}`);
  await other.page.getByLabel("E-mail address").fill(user.email);
  await other.page.getByLabel("Password", { exact: true }).fill(user.password);
  await other.page.getByRole("button", { name: "Sign in", exact: true }).click();
  await other.page.getByRole("heading", { name: "Profile" }).waitFor();

  await page.reload();
  const row = page.getByRole("row").filter({ hasText: "Safari on iPhone" });
  await row.waitFor();
  assert.equal(await page.getByRole("row").filter({ hasText: "This device" }).count(), 1);
  assert.equal(await row.filter({ hasText: "This device" }).count(), 0);
  assert.equal(await page.getByRole("button", { name: /^Sign out [A-Z]/ }).count(), 1);
  await inspect(page, "account-devices");
  await tabThrough(page);
  await row.getByRole("button", { name: "Sign out Safari on iPhone" }).click();
  const dialog = page.getByRole("dialog");
  await inspect(page, "account-devices-end");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  assert.equal(await row.count(), 1);
  await row.getByRole("button", { name: "Sign out Safari on iPhone" }).click();
  await dialog.getByRole("button", { name: "Sign it out" }).click();
  await said(page, "Safari on iPhone is signed out.");
  assert.equal(await row.count(), 0);
  await page.waitForFunction(() => document.activeElement?.tagName === "H1");

  await other.page.getByRole("link", { name: "Devices" }).click();
  await arrives(other.page, /sign-in\?ended=signed_out_elsewhere/);
  await other.page.getByText("You ended this session from another device.").waitFor();
  await done(other);
  await done(first);
});

test("W2, S6: all others are ended at once", async () => {
  const user = await newUser(await newTenant({ max_sessions: 0 }));
  await signIn(browser, user);
  await signIn(browser, user);
  const seen = await at("devices", { user });
  const { page, userId } = seen;
  await page.getByRole("button", { name: "Sign out everywhere else" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign them out" }).click();
  await said(page, "You are signed out everywhere else.");
  await page.getByText("You are signed in nowhere else.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Sign out everywhere else" }).count(), 0);
  assert.deepEqual(await sql(`SELECT COUNT(*) FROM sessions WHERE revoked_at IS NULL AND
    user_id = UNHEX(REPLACE('${userId}', '-', ''))`), ["1"]);
  await done(seen);
});

test("W2, L4: the history tells of sign-ins that were refused, in plain words", async () => {
  const user = await newUser(await newTenant({ max_sessions: 0 }));
  const stranger = await watched(browser, { refusals: [401] });
  await open(stranger.page, `/auth/ui/sign-in?tenant=${user.tenant}`);
  await send(stranger.page, "/auth/login", { method: "POST",
    json: { ...signInOf(user), password: "a guess of theirs" } });
  const seen = await at("history", { user });
  const { page } = seen;
  await page.getByText("The password was wrong").waitFor();
  await page.getByText("With the password").waitFor();
  assert.equal(await page.getByRole("row").count(), 3);
  await inspect(page, "account-history");
  await tabThrough(page);
  await page.getByLabel("Show").selectOption("Not successful");
  await page.getByText("With the password").waitFor({ state: "detached" });
  assert.equal(await page.getByRole("row").count(), 2);
  assert.ok(page.url().endsWith("#/history?success=false"), page.url());
  await page.getByLabel("Show").selectOption("Successful");
  await page.getByText("With the password").waitFor();
  // In a narrow window the way around shows where one is.
  await page.setViewportSize({ width: 320, height: 800 });
  await page.reload();
  await page.getByText("With the password").waitFor();
  const here = await page.getByRole("link", { name: "Sign-in history" }).boundingBox();
  assert.ok(here.x >= 0 && here.x + here.width <= 320, JSON.stringify(here));
  assert.equal(await page.getByText("The password was wrong").count(), 0);
  await done(stranger);
  await done(seen);
});

test("W2, L4: a long history comes page by page", async () => {
  const user = await newUser(await newTenant({ max_sessions: 0, lockout_threshold: 1 }));
  const seen = await at("history", { user, refusals: [401, 429] });
  const { page, api } = seen;
  for (let i = 0; i < 52; ++i) {
    const answer = await api("/auth/2fa/disable", { method: "POST", json: { password: "no", code: "123456" },
      headers: { "X-CSRF-Token": seen.csrf } });
    assert.ok([401, 403, 429].includes(answer.status), answer.text);
  }
  await page.reload();
  await page.getByRole("button", { name: "Show more" }).click();
  await page.getByText("With the password").waitFor();
  assert.equal(await page.getByRole("row").count(), 54);
  assert.equal(await page.getByRole("button", { name: "Show more" }).count(), 0);
  await page.getByText("Too many attempts; not tried").first().waitFor();
  await seen.context.close();
});

test("W2, U7: the data are downloaded", async () => {
  const seen = await at("data");
  const { page, user } = seen;
  await inspect(page, "account-data");
  const arriving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download my data" }).click();
  const download = await arriving;
  assert.match(download.suggestedFilename(), /^account-\d{4}-\d\d-\d\d\.json$/);
  const all = JSON.parse(await readFile(await download.path(), "utf8"));
  assert.equal(all.user.email, user.email);
  assert.equal(all.sessions.length, 1);
  await done(seen);
});

test("W2, U7: the account is deleted after its address was typed", async () => {
  const seen = await at("data", { refusals: [403] });
  const { page, user } = seen;
  await page.getByRole("button", { name: "Delete my account" }).click();
  const dialog = page.getByRole("dialog");
  const confirmation = dialog.getByLabel(`To confirm, type ${user.email}`);
  await dialog.getByLabel("Current password").fill("wrong, all wrong");
  await confirmation.fill("somebody@else.test");
  await dialog.getByRole("button", { name: "Delete it for good" }).click();
  await dialog.getByText("That is not the address of this account.").waitFor();
  await inspect(page, "account-delete");
  await confirmation.fill(user.email.toUpperCase());
  await dialog.getByRole("button", { name: "Delete it for good" }).click();
  await dialog.getByText("Your current password is not right.").waitFor();
  await dialog.getByLabel("Current password").fill(user.password);
  await dialog.getByRole("button", { name: "Delete it for good" }).click();
  await page.getByRole("heading", { name: "Your account is deleted" }).waitFor();
  assert.deepEqual(await findings(page), []);
  assert.doesNotMatch(await cli(["user", "list", "--tenant", user.tenant]), new RegExp(user.email));
  await done(seen);
});

test("W4: the account speaks Kiswahili", async () => {
  const seen = await at("security", { locale: "sw-KE" });
  const { page } = seen;
  await page.getByRole("heading", { name: "Usalama" }).waitFor();
  for (const view of ["profile", "security", "devices", "history", "data"]) {
    await open(page, `${account}#/${view}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.doesNotMatch(await page.getByRole("main").innerText(), /account\.[a-z]/);
  }
  await done(seen);
});
