<?php

// Makes the tables with real Eloquent, does its actions, and does them again when
// told to. "plural" says which table each word would stand for.

require 'Illuminate/Database/autoload.php';
require 'Doctrine/Inflector/autoload.php';
require 'models.php';

use App\Models\BlogPost;
use App\Models\Group;
use App\Models\Person;
use App\Models\Remark;
use Illuminate\Database\Capsule\Manager as DB;
use Illuminate\Database\Eloquent\Relations\Relation;
use Illuminate\Support\Str;

error_reporting(E_ALL & ~E_DEPRECATED);

function connect()
{
    $url = parse_url(getenv('DATABASE_URL'));
    parse_str($url['query'] ?? '', $options);
    $db = new DB;
    $db->addConnection([
        'driver' => 'pgsql', 'prefix' => '', 'charset' => 'utf8', 'host' => $url['host'] ?? $options['host'], 'port' => $url['port'] ?? 5432,
        'database' => ltrim($url['path'], '/'), 'username' => $url['user'] ?? 'postgres', 'password' => $url['pass'] ?? '',
    ]);
    $db->setAsGlobal();
    $db->bootEloquent();
}

function act()
{
    $person = Person::create(['name' => 'p', 'extra' => ['a' => 1]]);
    $post = new BlogPost(['title' => 't']);
    $post->person()->associate($person);
    $post->save();
    $post->reviewer()->associate($person)->save();
    Group::query()->insertOrIgnore(['code' => 'g', 'label' => 'l']);
    $person->groups()->sync(['g' => ['role' => 'r']]);
    $person->remarks()->create(['body' => 'b']);
    Remark::with('subject')->latest()->first()->subject->touch();
    foreach (Person::with('blogPosts', 'groups')->withCount('remarks')->whereName('p')->orderByDesc('id')->limit(2)->get() as $found) {
        $found->update(['nick' => strtoupper($found->name)]);
        $found->groups->first()?->pivot->update(['role' => 'x']);
    }
    Person::whereHas('blogPosts', fn ($query) => $query->where('title', 't'))->increment('visits', 2, ['nick' => 'n']);
    Group::upsert([['code' => 'g', 'label' => 'm']], ['code'], ['label']);
    DB::table('counters as c')->where('c.name', 'a')->update(['n' => DB::raw('n + 1')]);
    DB::table('counters')->updateOrInsert(['name' => 'a'], ['n' => 1]);
    DB::select('SELECT nick FROM people WHERE name = ?', ['p']);
    BlogPost::join('people', 'people.id', '=', 'blog_posts.person_id')->selectRaw('count(*) AS times, people.name')->groupBy('people.name')->get();
    $copy = BlogPost::firstWhere('title', 't')->again();
    $copy->save();
    $copy->delete();
    $person->delete();
    Person::onlyTrashed()->restore();
}

while (($line = fgets(STDIN)) !== false) {
    [$what, $rest] = explode(' ', trim($line).' ', 2);
    if ($what === 'plural') {
        $tables = fn ($word) => Str::snake(Str::pluralStudly($word)).'/'.Str::snake(Str::singular($word));
        echo implode(' ', array_map($tables, explode(' ', trim($rest)))), "\n";
        continue;
    }
    try {
        connect();
        act();
        echo "done\n";
    } catch (Throwable $e) {
        echo str_replace("\n", ' ', $e->getMessage()), "\n";
    }
}
