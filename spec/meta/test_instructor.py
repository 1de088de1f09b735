"""What an instructor needs: overrides, uploads, a comparison, an example; who is left out is said."""

import ast
import io
import zipfile
from dataclasses import replace
from fractions import Fraction

import pytest

from spec.grading import autograder, comparing, edition
from spec.grading.example import writing as example
from spec.grading.gradebook.entries import Entry, entry
from spec.grading.gradebook.folder import Gradebook, Scheme
from spec.grading.gradebook.picture import COLOURS
from spec.grading.intake.handed_in import HandedIn
from spec.grading.running.alike import form
from spec.grading.scores import overrides, rubric
from spec.grading.scores.graded import Graded
from spec.grading.uploads import gradebooks, moodle
from spec.grading.uploads.joining import Joined
from spec.grading.uploads.sheet import Sheet
from spec.harness.ground.errors import CannotDo
from spec.harness.ground.status import Status

from .grading import FAILING, UNWRITTEN, catalogue, judgement

N = len(catalogue().claims)
MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments"
)


def decided(tmp_path, text, names=("Anna", "Ben")):
    """Overrides of this text."""
    path = tmp_path / "overrides.toml"
    path.write_text(text, encoding="utf-8")
    return overrides.read(path, catalogue(), names)


def graded(found, name="Anna", late="unknown"):
    """A submission of which all but three claims hold, with these overrides."""
    submission = HandedIn(name, f"class/{name}", id="7", late=late)
    default = rubric.default(catalogue())
    return Graded(submission, judgement(), default, catalogue(), found.of(name, "7"))


def test_points_by_hand(tmp_path):
    """Of a claim, of one learner's claim, and of the whole; the row says so."""
    text = f'[claims."{FAILING}"]\npoints = 1\n[learners.Anna.claims."{UNWRITTEN}"]\npoints = 0.5\n'
    score = graded(decided(tmp_path, text)).score
    assert score.total.points == N - 3 + Fraction(3, 2)
    assert f"{UNWRITTEN} 0.5 points, set by hand" in score.changes
    other = graded(decided(tmp_path, text), "Ben").score
    assert other.total.points == N - 3 + 1
    whole = graded(decided(tmp_path, "[learners.Anna]\npoints = 7\n")).score
    assert (whole.total.points, whole.total.maximum) == (7, N)


@pytest.mark.parametrize(
    ("late", "text", "part"),
    [
        ("yes", "", 90),
        ("no", "", 100),
        ("unknown", "", 100),
        ("no", "late = 2.5", 70),
        ("yes", "late = false", 100),
        ("no", "late = 30", 50),
        ("yes", "late_penalty = 0", 100),
        ("yes", "late_penalty = 25", 75),
        ("no", "late_penalty = 25", 100),
    ],
)
def test_lateness(tmp_path, late, text, part):
    """Costs what a day costs, at most so much, or what was decided."""
    head = "[late]\npercent_a_day = 10\nat_most = 50\n[learners.Anna]\n"
    score = graded(decided(tmp_path, head + text), late=late).score
    assert score.total.points == Fraction(part, 100) * (N - 3)
    assert any("% off" in said for said in score.changes) == (part < 100)


def test_exempt(tmp_path):
    """A claim is missing from the maximum, too; a learner is excused."""
    score = graded(decided(tmp_path, f'[claims."{FAILING}"]\nexempt = true')).score
    assert (score.total.points, score.total.maximum) == (N - 3, N - 1)
    row = entry(graded(decided(tmp_path, "[learners.Anna]\nexempt = true")), "anna")
    assert row.excused
    assert "excused" in row.cells


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    """A sentence each; and of a rubric as well."""
    text = (
        '[learners.Anne]\npoints = -1\n[learners.Ben]\nlate = "yes"\nextra = 1\n'
        '[claims."3.2"]\npoints = 2\n[claims.nowhere]\nexempt = true\n[lates]\n'
    )
    with pytest.raises(CannotDo) as error:
        decided(tmp_path, text)
    lines = str(error.value).splitlines()
    assert lines[0].endswith("has 7 errors:")
    for said in ("did you mean Anna", "cannot be negative", "expected true, false", "`extra`"):
        assert said in str(error.value)
    path = tmp_path / "rubric.toml"
    path.write_text('max_extra = "x"\nother = 1\n[sections]\n"5.33" = 1\n"9" = -2\n')
    with pytest.raises(CannotDo, match=r"has 4 errors:\n(  .*\n?){4}$"):
        rubric.read(path, catalogue())


def test_what_is_extra_has_a_limit():
    """Of the total; the maximum does not count it."""
    points = {"3.1/neuron": Fraction(2), "9/l2-loss": Fraction(3), "9/l2-gradient": Fraction(4)}
    some = rubric.Rubric(
        points, extra=frozenset(["9/l2-loss", "9/l2-gradient"]), most_extra=Fraction(5)
    )
    found = replace(graded(overrides.Overrides()), rubric=some).score
    assert (found.total.points, found.total.maximum) == (7, 2)


def an_entry(name, id, points=30, most=40, **other):
    """A row with so many points."""
    made = entry(graded(overrides.Overrides()), name)
    source = f"class.zip/{name}_{id}_assignsubmission_file"
    plain = {
        "name": name,
        "called": name,
        "id": id,
        "total": str(points),
        "maximum": str(most),
        "source": source,
    }
    return replace(made, **(plain | other))


def sheet(tmp_path, content):
    """A table of these bytes."""
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    return Sheet(path, "--worksheet")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize(
    ("head", "separator", "maximum", "grade"),
    [
        (MOODLE, ",", "10.00", "7.50"),
        (
            "Identificador,Nombre completo,Correo,Estado,Calificación,Calificación máxima,"
            "Se puede cambiar,Modificado,Calificado,Comentarios de retroalimentación",
            ";",
            "10,00",
            "7,50",
        ),
        ("A,B,C,D,E,F,G,H,I,J", "\t", "10.0", "7.5"),
    ],
)
def test_a_worksheet_keeps_every_other_byte(tmp_path, end, mark, head, separator, maximum, grade):
    """In English, Spanish, and a language that is known by the places of its columns alone."""
    rows = [
        ["Teilnehmer/in 11", '"Ä ""B"""', "a@b", "-", "", maximum, "Yes", "-", "2. März 2026", ""],
        ["Participant 12", "Cyn", "c@d", "-", "3", maximum, "Yes", "-", "-", '"<p>see, me</p>"'],
    ]
    lines = [separator.join(head.split(",")), *map(separator.join, rows)]
    before = mark + end.join([*lines, ""]).encode()
    table = sheet(tmp_path, before)
    assert table.content() == before
    joined = moodle.fill(table, [an_entry("Anna", "11"), an_entry("Eve", "99"), an_entry("X", "")])
    assert joined.n_filled == 1
    assert [who.partition(":")[0] for who in joined.left_out] == ["Eve", "X"]
    after = table.content()
    rows[0][4] = grade
    comment = '<p class=""nn-spec"">30 of 40 points. First to mend: 3.2/softmax.</p>'
    rows[0][9] = f'"{comment}"'
    lines = [lines[0], *map(separator.join, rows)]
    assert after == mark + end.join([*lines, ""]).encode()


def test_a_comment_is_never_wiped_nor_doubled():
    """What an instructor wrote stays; what an earlier run wrote is replaced."""
    once = moodle.comment("<p>see me</p>", an_entry("Anna", "1"))
    again = moodle.comment(once, an_entry("Anna", "1", points=31))
    assert once.startswith("<p>see me</p>")
    assert again == once.replace("30 of", "31 of")


def test_the_feedback_zip():
    """Goes by the number in the entry's name."""
    joined = Joined()
    entries = [
        an_entry("Anna", "11"),
        an_entry("T", "", source="c.zip/Default group_assignsubmission_file"),
    ]
    content = moodle.feedback_zip(entries, lambda _: b"page", joined)
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.namelist() == ["Anna_11_assignsubmission_file_/feedback.html"]
    assert joined.left_out == ["T: no entry of a Moodle export"]


CANVAS = (
    b"Student,ID,SIS Login ID,Section,Quiz (5),Net (77),Final Score\n"
    b'    Points Possible,,,,5,10,(read only)\n"Mu, Nia",7003,nia,NN1,1,,\n"Alpha, Anna",7001,anna,NN1,2,3,\n'
)
BRIGHTSPACE = (
    b"OrgDefinedId,Username,Net Points Grade <Numeric MaxPoints:10>,End-of-Line Indicator\r\n"
    b"#1,#anna,,#\r\n#2,#nia,,#\r\n"
)
BLACKBOARD = (
    '"Last Name"\t"First Name"\t"Username"\t"Net [Total Pts: 10 Score] |664"\n"Mu"\t"Nia"\t"nia"\t""\n'
).encode("utf-16")


def test_gradebooks_are_filled_in(tmp_path):
    """By the headings that they came with, joined by id, login or name."""
    entries = [
        an_entry("nia mu", "7003"),
        an_entry("Eve", "1", trouble="broken"),
        an_entry("Z", "z"),
    ]
    table = sheet(tmp_path, CANVAS)
    with pytest.raises(CannotDo, match=r"which column is meant\?.*Quiz, Net"):
        gradebooks.fill(table, entries, "")
    platform, joined = gradebooks.fill(table, entries, "Net")
    assert platform.name == "Canvas"
    assert table.content() == CANVAS.replace(b"NN1,1,,", b"NN1,1,7.5,")
    assert [who.partition(":")[0] for who in joined.left_out] == ["Eve", "Z"]
    table = sheet(tmp_path, BRIGHTSPACE)
    platform, joined = gradebooks.fill(table, [an_entry("?", "nia")], "")
    assert (platform.name, joined.left_out) == ("Brightspace", [])
    assert table.content() == BRIGHTSPACE.replace(b"#nia,,", b"#nia,7.5,")
    table = sheet(tmp_path, BLACKBOARD)
    platform, joined = gradebooks.fill(table, [an_entry("Nia Mu", "")], "Net")
    assert (platform.name, joined.n_filled) == ("Blackboard", 1)
    assert table.content().decode("utf-16").endswith('"nia"\t"7.5"\n')


def test_who_cannot_be_told_apart_is_left_out(tmp_path):
    """Two of one name are joined with nobody."""
    table = sheet(tmp_path, CANVAS.replace(b"Alpha, Anna", b"Mu, Nia"))
    _, joined = gradebooks.fill(table, [an_entry("Nia Mu", "")], "Net")
    assert joined.n_filled == 0
    assert "no row of the file is theirs for certain" in joined.left_out[0]


SAME = b"import numpy as np\n\ndef helper(a):\n    t = a @ a.T\n    return t + 1\n\n" * 9
RENAMED = (
    b"# mine\nimport numpy as xp\ndef other(q):\n  '''Says.'''\n  r=q@q.T\n  return (r+1)\n" * 9
)


def test_the_form_of_a_file():
    """Names, comments and layout do not change it; code does; what cannot be parsed has none."""
    assert form("a.py", SAME, {}) == form("b.py", RENAMED, {}) != ""
    assert form("a.py", SAME.replace(b"+ 1", b"+ 2"), {}) != form("a.py", SAME, {})
    assert (
        form("a.py", b"def f(:", {})
        == form("a.py", b"(" * 10_000, {})
        == form("a.py", b"", {})
        == ""
    )
    deep = b"x = " + b"-" * 5000 + b"1\n"
    assert form("a.py", SAME + deep, {}) == ""


def test_an_entry_can_be_kept():
    """As text, with nothing lost."""
    one = an_entry("Änna", "1")
    assert Entry.from_text(one.as_text()) == one


def test_two_gradebooks_are_compared(tmp_path):
    """Who gained, who lost, who is in one alone; feedback of who is no longer given is removed."""
    scheme = Scheme(rubric.default(catalogue()), catalogue())
    worse = judgement()
    better = replace(
        worse,
        verdicts=tuple(
            replace(v, status=Status.HOLDS) if v.claim == FAILING else v for v in worse.verdicts
        ),
    )
    given = {
        "old": {"Anna": worse, "Ben": worse, "Cyn": better},
        "new": {"Anna": better, "Cyn": better},
    }
    for folder, learners in given.items():
        for place in (tmp_path / folder, tmp_path / "one"):
            ones = [HandedIn(name, name) for name in learners]
            book = Gradebook(place, ones, scheme)
            for one in ones:
                book.add(one, learners[one.name])
            book.write_tables()
    assert not [path for path in (tmp_path / "one").rglob("*") if path.stem == "Ben"]
    old, new = (comparing.rows(tmp_path / name) for name in ("old", "new"))
    n = str(N - 3)
    assert list(comparing.compare(old, new)) == [
        ["Anna", n, str(N - 2), FAILING, ""],
        ["Ben", n, "", "only in the old gradebook", ""],
    ]
    with pytest.raises(CannotDo, match="is no gradebook"):
        comparing.rows(tmp_path)


def test_two_suites_are_not_mixed(tmp_path):
    """Unless that is meant."""
    edition.sign(tmp_path, "1", anew=False)
    edition.sign(tmp_path, "1", anew=False)
    with pytest.raises(CannotDo, match=r"was made by version 1 .*--new-suite"):
        edition.sign(tmp_path, "2", anew=False)
    edition.sign(tmp_path, "2", anew=True)


def test_the_example_is_what_it_says(tmp_path):
    """A zip as Moodle exports it, a worksheet, a rubric and overrides that can be read."""
    folder = tmp_path / "example"
    assert "8 made-up hand-ins" in example.write(folder)
    rubric.read(folder / "rubric.toml", catalogue())
    overrides.read(folder / "overrides.toml", catalogue(), ["410102", "410105"])
    moodle.fill(Sheet(folder / "worksheet.csv", ""), [])
    given = example.hand_ins()
    ast.parse(given["Anna Alpha"]["net.py"])
    assert given["Ben Beta"] != given["Anna Alpha"]
    forms = {name: form("net.py", files.get("net.py", b""), {}) for name, files in given.items()}
    assert forms["Cyn Gamma"] == forms["Gus Eta"] != ""
    with pytest.raises(CannotDo, match="is not written over"):
        example.write(folder)


def test_without_the_reference_the_right_ones_are_left_out(tmp_path, monkeypatch):
    """And it is said."""
    monkeypatch.setattr(example, "_reference", lambda: False)
    assert "6 made-up hand-ins; the right ones are left out" in example.write(tmp_path / "e")


def test_the_autograder_holds_no_answers(tmp_path):
    """Nor the tests of the suite; its scripts can be run."""
    (tmp_path / "r.toml").write_text("")
    autograder.write(tmp_path / "a.zip", tmp_path / "r.toml", None)
    with zipfile.ZipFile(tmp_path / "a.zip") as opened:
        names = opened.namelist()
        assert not [name for name in names if name.startswith(("impl", "spec/meta"))]
        assert {"setup.sh", "run_autograder", "spec/claims.toml", "spec/__main__.py"} <= set(names)
        assert opened.getinfo("run_autograder").external_attr >> 16 == 0o755
        assert b"'numpy" in opened.read("setup.sh")
        assert b"--rubric rubric.toml" in opened.read("run_autograder")


# Machado, Oliveira and Fernandes (2009), severity 1: what remains of linear RGB
SEEN = {
    "protanopia": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "deuteranopia": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "tritanopia": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}


@pytest.mark.parametrize("seen", SEEN)
def test_the_colours_of_the_picture_can_be_told_apart(seen):
    """In CIELAB, 11 or more between any two: several times what the eye just notices."""
    import numpy as np

    rgb = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in COLOURS.values()])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.array(SEEN[seen]).T, 0, 1)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    x = np.cbrt(linear @ to_xyz.T / [0.9505, 1, 1.089])
    lab = np.stack([116 * x[:, 1] - 16, 500 * (x[:, 0] - x[:, 1]), 200 * (x[:, 1] - x[:, 2])], 1)
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=-1)
    assert apart[np.triu_indices(len(lab), 1)].min() > 11
